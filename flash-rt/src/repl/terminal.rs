//! Entries from a terminal, by reedline: history, completion, colours, lines that go on.

use super::complete::Completion;
use super::dialogue::{CONTINUATION, Dialogue, Next, PROMPT, Transcript};
use super::highlight::SyntaxColours;
use super::history::PersistentHistory;
use super::service::Client;
use super::{commands, incomplete, interrupt, screen};
use reedline::{
    Color, ColumnarMenu, DefaultHinter, EditCommand, Emacs, ExternalPrinter, KeyCode, KeyModifiers, MenuBuilder,
    Prompt, PromptEditMode, PromptHistorySearch, PromptHistorySearchStatus, Reedline, ReedlineEvent, ReedlineMenu,
    Signal, ValidationResult, Validator, default_emacs_keybindings,
};
use std::borrow::Cow;
use std::io;
use std::time::Duration;

const MENU: &str = "completion";
/// How often the editor looks for what the program has printed, while the program can print.
const LOOK: Duration = Duration::from_millis(40);
/// While it cannot.
const REST: Duration = Duration::from_secs(24 * 60 * 60);
/// A callback that takes longer is stopped by Ctrl-C while a line is edited, too.
const STUCK: Duration = Duration::from_millis(200);
/// Pieces of output that may wait for the editor.
const PRINTER_CAPACITY: usize = 1024;

/// Reads and answers entries until somebody leaves.
pub fn run<T: Transcript>(dialogue: &mut Dialogue<T>, client: &Client, has_colours: bool) -> io::Result<()> {
    interrupt::guard_terminal();
    let interrupted = client.clone();
    interrupt::on_interrupt(move || {
        // The terminal shows `^C`.
        flash_runtime::stdio::set_ends_line(false);
        interrupted.interrupt();
    })?;
    screen::install();
    let printer = ExternalPrinter::new(PRINTER_CAPACITY);
    let lines = printer.sender();
    let mut editor = editor(client, has_colours)?.with_external_printer(printer);
    loop {
        editor = editor.with_poll_interval(if is_pending(client) { LOOK } else { REST });
        interrupt::set_editing(true);
        screen::begin(&lines);
        let signal = editor.read_line(&Indicator);
        screen::end();
        interrupt::set_editing(false);
        match signal? {
            Signal::Success(entry) if dialogue.answer(&entry) == Next::Leave => break,
            Signal::CtrlD => break,
            // Also while a line is edited a callback may be running, and never come to its end.
            Signal::CtrlC if client.is_pending() && client.ask_within(STUCK, |_| ()).is_none() => {
                client.interrupt();
                dialogue.say("interrupted");
            }
            // An answered entry, or a line that is dropped.
            _ => {}
        }
    }
    dialogue.part();
    Ok(())
}

/// Whether the program may print by itself. The engine has just answered: it gets a moment to find out.
fn is_pending(client: &Client) -> bool {
    for _ in 0..4 {
        if !client.is_pending() {
            return false;
        }
        std::thread::sleep(Duration::from_micros(250));
    }
    true
}

fn editor(client: &Client, has_colours: bool) -> io::Result<Reedline> {
    let mut keys = default_emacs_keybindings();
    let open_menu = ReedlineEvent::UntilFound(vec![ReedlineEvent::Menu(MENU.to_owned()), ReedlineEvent::MenuNext]);
    keys.add_binding(KeyModifiers::NONE, KeyCode::Tab, open_menu);
    keys.add_binding(KeyModifiers::SHIFT, KeyCode::BackTab, ReedlineEvent::MenuPrevious);
    keys.add_binding(KeyModifiers::ALT, KeyCode::Enter, ReedlineEvent::Edit(vec![EditCommand::InsertNewline]));
    // Its editor would need a file of its own.
    keys.remove_binding(KeyModifiers::CONTROL, KeyCode::Char('o'));
    let menu = ColumnarMenu::default().with_name(MENU).with_columns(1).with_marker(PROMPT);
    let mut editor = Reedline::create()
        .with_edit_mode(Box::new(Emacs::new(keys)))
        .with_history(Box::new(PersistentHistory::open()?))
        .with_history_exclusion_prefix(Some(" ".to_owned()))
        .with_validator(Box::new(Whole))
        .with_completer(Box::new(Completion::new(client.clone())))
        .with_menu(ReedlineMenu::EngineCompleter(Box::new(menu)))
        .with_quick_completions(true)
        .with_partial_completions(true)
        .use_bracketed_paste(true)
        .with_ansi_colors(has_colours);
    if has_colours {
        // Without colours nobody could tell what was typed from what is offered.
        editor = editor.with_highlighter(Box::new(SyntaxColours)).with_hinter(Box::new(DefaultHinter::default()));
    }
    Ok(editor)
}

/// Whether Enter ends the entry.
struct Whole;

impl Validator for Whole {
    fn validate(&self, text: &str) -> ValidationResult {
        if commands::goes_on(text) && !incomplete::is_given_up(text) {
            ValidationResult::Incomplete
        } else {
            ValidationResult::Complete
        }
    }
}

struct Indicator;

impl Prompt for Indicator {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn render_prompt_right(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn render_prompt_indicator(&self, _mode: PromptEditMode) -> Cow<'_, str> {
        Cow::Borrowed(PROMPT)
    }

    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        Cow::Borrowed(CONTINUATION)
    }

    fn render_prompt_history_search_indicator(&self, search: PromptHistorySearch) -> Cow<'_, str> {
        let failing = match search.status {
            PromptHistorySearchStatus::Passing => "",
            PromptHistorySearchStatus::Failing => "nothing has ",
        };
        Cow::Owned(format!("({failing}{}) {PROMPT}", search.term))
    }

    fn get_indicator_color(&self) -> Color {
        Color::LightGreen
    }

    fn get_prompt_multiline_color(&self) -> Color {
        Color::LightGreen
    }
}
