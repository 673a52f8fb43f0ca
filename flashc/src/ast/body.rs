//! The body of a function: a block, which std's functions have only when somebody looks at it.

use super::Block;
use crate::source::Span;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

/// Parses the body that stands in this place of its file.
pub type ParseBody = Arc<dyn Fn(Span) -> Block + Send + Sync>;

/// A block, or where it stands and who parses it.
#[derive(Clone)]
pub struct Body {
    block: OnceLock<Block>,
    later: Option<(Span, ParseBody)>,
}

impl Body {
    pub fn later(span: Span, parse: ParseBody) -> Body {
        Body { block: OnceLock::new(), later: Some((span, parse)) }
    }
}

impl From<Block> for Body {
    fn from(block: Block) -> Body {
        Body { block: OnceLock::from(block), later: None }
    }
}

impl Deref for Body {
    type Target = Block;

    fn deref(&self) -> &Block {
        self.block.get_or_init(|| match &self.later {
            Some((span, parse)) => parse(*span),
            None => crate::bug!("ast: a body that nobody can parse"),
        })
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
