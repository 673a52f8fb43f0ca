//! The chunked coding of a body, read as it comes: any number of bytes at a time, from any place on. What stands
//! around the data (sizes, extensions, trailers) is bounded.

/// What is expected next. The numbers are what Flash keeps between two pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    FirstDigit,
    Digit,
    Extension,
    SizeEnd,
    Data,
    DataReturn,
    DataEnd,
    Trailer,
    TrailerText,
    TrailerEnd,
    LastEnd,
    Done,
}

const ALL: [Next; 12] = [
    Next::FirstDigit,
    Next::Digit,
    Next::Extension,
    Next::SizeEnd,
    Next::Data,
    Next::DataReturn,
    Next::DataEnd,
    Next::Trailer,
    Next::TrailerText,
    Next::TrailerEnd,
    Next::LastEnd,
    Next::Done,
];

/// Bytes of extensions and trailers that a body may have in all.
const MAX_EXTRA: u64 = 16 * 1024;
/// Bytes of a chunk: more would be a mistake, or an attempt to make a number overflow.
const MAX_SIZE: u64 = 1 << 48;

/// Where reading has come to.
#[derive(Debug)]
pub(super) struct Chunks {
    next: Next,
    /// Bytes of the chunk that are still to come.
    left: u64,
    /// Bytes of extensions and trailers so far.
    extra: u64,
}

impl Chunks {
    /// From three numbers, all 0 at first. The first is 11 at the end.
    pub(super) fn load(state: &[i64]) -> Chunks {
        let number = |index: usize| state.get(index).copied().unwrap_or(0).max(0) as u64;
        let next = ALL.get(number(0) as usize).copied().unwrap_or(Next::Done);
        Chunks { next, left: number(1), extra: number(2) }
    }

    pub(super) fn store(&self, state: &mut [i64]) {
        let numbers = [self.next as i64, self.left as i64, self.extra as i64];
        for (to, number) in state.iter_mut().zip(numbers) {
            *to = number;
        }
    }

    /// Reads from the input, giving what belongs to the body to `body`; the number of bytes taken, or none if it is
    /// wrong.
    pub(super) fn read(&mut self, input: &[u8], mut body: impl FnMut(&[u8])) -> Option<usize> {
        let mut at = 0;
        while let Some(&byte) = input.get(at) {
            if self.next == Next::Done {
                break;
            }
            if self.next == Next::Data {
                let rest = input.get(at..).unwrap_or(&[]);
                let count = rest.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
                body(rest.get(..count).unwrap_or(&[]));
                at += count;
                self.left -= count as u64;
                if self.left == 0 {
                    self.next = Next::DataReturn;
                }
                continue;
            }
            at += 1;
            self.next = self.after(byte)?;
        }
        Some(at)
    }

    /// What is expected after this byte, which is no data.
    fn after(&mut self, byte: u8) -> Option<Next> {
        Some(match (self.next, byte) {
            (Next::FirstDigit | Next::Digit, _) if byte.is_ascii_hexdigit() => {
                self.left = self.left << 4 | u64::from(char::from(byte).to_digit(16)?);
                if self.left > MAX_SIZE {
                    return None;
                }
                // Zeros without end are no size either.
                self.count(1)?;
                Next::Digit
            }
            (Next::Digit, b';' | b' ' | b'\t') => Next::Extension,
            (Next::Digit | Next::Extension, b'\r') => Next::SizeEnd,
            (Next::Extension, b'\t' | b' '..=b'~' | 0x80..) => {
                self.count(1)?;
                Next::Extension
            }
            (Next::SizeEnd, b'\n') if self.left == 0 => Next::Trailer,
            (Next::SizeEnd, b'\n') => {
                // The size's digits do not count in a body of many chunks.
                self.extra = self.extra.saturating_sub(16);
                Next::Data
            }
            (Next::DataReturn, b'\r') => Next::DataEnd,
            (Next::DataEnd, b'\n') => Next::FirstDigit,
            (Next::Trailer, b'\r') => Next::LastEnd,
            (Next::TrailerText, b'\r') => Next::TrailerEnd,
            (Next::Trailer | Next::TrailerText, b'\t' | b' '..=b'~' | 0x80..) => {
                self.count(1)?;
                Next::TrailerText
            }
            (Next::TrailerEnd, b'\n') => Next::Trailer,
            (Next::LastEnd, b'\n') => Next::Done,
            _ => return None,
        })
    }

    fn count(&mut self, bytes: u64) -> Option<()> {
        self.extra += bytes;
        (self.extra <= MAX_EXTRA).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The body, whether it is complete, and how much was taken, with the input cut into pieces of a length.
    fn read(input: &[u8], piece: usize) -> Option<(Vec<u8>, bool, usize)> {
        let (mut state, mut body, mut taken) = ([0; 3], Vec::new(), 0);
        for part in input.chunks(piece) {
            let mut chunks = Chunks::load(&state);
            taken += chunks.read(part, |data| body.extend_from_slice(data))?;
            chunks.store(&mut state);
        }
        Some((body, state[0] == 11, taken))
    }

    #[test]
    fn chunks_make_a_body_wherever_they_are_cut() {
        let input = b"5;a=b\r\nhello\r\n00B\r\n, chunked! \r\n0\r\nX: y\r\n\r\nGET";
        for piece in 1..input.len() {
            let (body, is_done, taken) = read(input, piece).expect("a right body");
            assert_eq!((body.as_slice(), is_done), (b"hello, chunked! ".as_slice(), true), "pieces of {piece}");
            assert_eq!(taken, input.len() - 3);
        }
    }

    #[test]
    fn wrong_chunks_are_found() {
        let wrong: [&[u8]; 9] = [
            b"x\r\n",
            b"\r\n",
            b"-1\r\n",
            b"1\n",
            b"1\r\nab",
            b"1\r\na\nb",
            b"fffffffffffffffff\r\n",
            b"0\r\n\n",
            b"1;\x01\r\n",
        ];
        for input in wrong {
            assert_eq!(read(input, 100), None, "{input:?}");
            assert_eq!(read(input, 1), None, "{input:?}");
        }
        let endless = [b"0\r\n".as_slice(), &b"A: b\r\n".repeat(10_000)].concat();
        assert_eq!(read(&endless, 1000), None);
        assert_eq!(read(&[b'0'; 20_000], 1000), None);
    }

    #[test]
    fn many_small_chunks_are_fine() {
        let input = [b"1\r\na\r\n".repeat(50_000).as_slice(), b"0\r\n\r\n"].concat();
        assert_eq!(read(&input, 4096).map(|(body, is_done, _)| (body.len(), is_done)), Some((50_000, true)));
    }
}
