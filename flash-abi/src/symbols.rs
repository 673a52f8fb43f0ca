//! The table of runtime symbols that compiled code calls, with their signatures.
//!
//! All are called with the SysV convention on x86-64 on every system (`extern "sysv64"`), and with
//! AAPCS64 on aarch64. The first parameter of every one is the context; it is not listed. A `str` is
//! two entries (address, `i64` length), as parameter and as result.

/// A machine-level type in a runtime signature. `Bool` travels as `I8`, 0 or 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AbiType {
    I8,
    I16,
    I32,
    I64,
    F32,
    F64,
    Ptr,
}

/// What the optimiser may assume of a runtime function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// No effect that Flash code can see; equal arguments give equal results. Never allocates.
    Pure,
    /// Reads memory, writes none. Never allocates.
    Reads,
    /// Allocates, so it may collect, but changes nothing that Flash code could see before.
    Allocates,
    /// Anything.
    Any,
    /// Does not come back.
    Never,
}

/// One runtime function.
#[derive(Clone, Copy, Debug)]
pub struct Symbol {
    pub name: &'static str,
    pub params: &'static [AbiType],
    pub results: &'static [AbiType],
    pub effect: Effect,
}

macro_rules! runtime_symbols {
    ($($(#[$doc:meta])* $id:ident = $name:ident ( $($p:ident),* ) $(-> ( $($r:ident),* ))? : $effect:ident;)*) => {
        /// A runtime function by name: the index of its row in [`SYMBOLS`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Rt { $($(#[$doc])* $id),* }

        /// Every runtime function.
        pub const SYMBOLS: &[Symbol] = &[$(Symbol {
            name: stringify!($name),
            params: &[$(AbiType::$p),*],
            results: &[$($(AbiType::$r),*)?],
            effect: Effect::$effect,
        }),*];

        /// All rows' names as enum values, in the order of [`SYMBOLS`].
        pub const ALL: &[Rt] = &[$(Rt::$id),*];

        /// Calls `$callback!` with every `(Id, symbol_name)` pair, so that the runtime can build its
        /// address table from the same list.
        #[macro_export]
        macro_rules! for_each_runtime_symbol {
            ($callback:ident) => { $callback! { $($id $name)* } };
        }
    };
}

impl Rt {
    /// Name, signature and effect.
    pub fn symbol(self) -> &'static Symbol {
        &SYMBOLS[self as usize]
    }

    /// Comes back, but may throw instead, because there is no memory for what is asked for.
    pub fn may_throw(self) -> bool {
        matches!(
            self,
            Rt::AllocBuffer | Rt::ArrayReserve | Rt::StrConcat | Rt::StrRepeat | Rt::StrReplaceAll | Rt::MemAlloc
        )
    }

    /// The function of this symbol name.
    pub fn from_name(name: &str) -> Option<Rt> {
        ALL.iter().copied().find(|rt| rt.symbol().name == name)
    }
}

// Growth happens here: a new native is one row, one Rust function of that name in runtime-lib and,
// where Flash code calls it by name, one `extern "flash"` declaration in std/.
runtime_symbols! {
    /// Failing checks. Operands are in `Context::fail_a` and `fail_b`; see `asm/`.
    FailBounds = flash_fail_bounds(): Never;
    FailNull = flash_fail_null(): Never;
    FailDivision = flash_fail_division(): Never;
    FailOverflow = flash_fail_overflow(): Never;
    /// Message in `fail_a` (address) and `fail_b` (length).
    FailAssert = flash_fail_assert(): Never;
    FailPanic = flash_fail_panic(): Never;
    /// A range of `str` or array indices out of order or off a scalar's boundary.
    FailSlice = flash_fail_slice(): Never;
    /// Code that the compiler proved unreachable was reached.
    FailUnreachable = flash_fail_unreachable(): Never;
    /// A conversion that the value does not fit, such as a number that is no scalar value to `char`.
    FailConversion = flash_fail_conversion(): Never;

    /// Throws the error in `fail_a` and `fail_b`, a value of `Error`: goes on at the innermost handler, or ends the
    /// program.
    Throw = flash_throw(): Never;
    /// Throws on what a handler was given, in `fail_a`.
    Rethrow = flash_rethrow(): Never;

    // Workers.
    MailboxOpen = flash_mailbox_open() -> (I64): Any;
    MailboxListen = flash_mailbox_listen(I64, I64) -> (I8): Any;
    MailboxSend = flash_mailbox_send(I64, Ptr) -> (I32): Any;
    MailboxTake = flash_mailbox_take(I64) -> (Ptr): Any;
    MailboxClose = flash_mailbox_close(I64): Any;
    MailboxIsOver = flash_mailbox_is_over(I64) -> (I8): Any;
    WorkerStart = flash_worker_start(Ptr, Ptr, Ptr, I64, I64) -> (I32): Any;
    WorkerBegin = flash_worker_begin() -> (Ptr): Any;
    WorkerTerminate = flash_worker_terminate(I64): Any;
    WorkerIsTerminated = flash_worker_is_terminated() -> (I8): Any;

    // Sessions.
    SessionFailed = flash_session_failed(Ptr): Any;
    SessionResult = flash_session_result(Ptr, I64): Any;
    SessionIsAsked = flash_session_is_asked() -> (I8): Any;

    // Async.
    /// (what carries an error) -> what carries it to the coroutine in whose name this is called: its trace goes on there.
    TraceAwaited = flash_trace_awaited(Ptr) -> (Ptr): Any;

    /// (descriptor) -> zeroed object of its fixed size, header set. The slow path of inline allocation.
    Alloc = flash_alloc(Ptr) -> (Ptr): Allocates;
    /// (buffer descriptor, count) -> buffer with `count` zeroed elements. Address of the object.
    AllocBuffer = flash_alloc_buffer(Ptr, I64) -> (Ptr): Allocates;
    /// (array, buffer descriptor, least capacity): grows the array's buffer to at least that.
    ArrayReserve = flash_array_reserve(Ptr, Ptr, I64): Any;

    /// (to, from, bytes): copies memory that may overlap.
    MemMove = flash_mem_move(Ptr, Ptr, I64): Any;
    /// (to, byte, bytes)
    MemFill = flash_mem_fill(Ptr, I8, I64): Any;

    /// (a, b) -> a + b
    StrConcat = flash_str_concat(Ptr, I64, Ptr, I64) -> (Ptr, I64): Allocates;
    StrEq = flash_str_eq(Ptr, I64, Ptr, I64) -> (I8): Reads;
    /// -1, 0 or 1, by UTF-8 bytes (which is also by scalar values).
    StrCompare = flash_str_compare(Ptr, I64, Ptr, I64) -> (I32): Reads;

    /// A text buffer that `Show`, templates and long concatenations write to.
    BufNew = flash_buf_new() -> (Ptr): Allocates;
    BufStr = flash_buf_str(Ptr, Ptr, I64): Any;
    /// As `BufStr`, in quotes with escapes, as `Show` writes strings inside other values.
    BufQuoted = flash_buf_quoted(Ptr, Ptr, I64): Any;
    BufI64 = flash_buf_i64(Ptr, I64): Any;
    BufU64 = flash_buf_u64(Ptr, I64): Any;
    BufF64 = flash_buf_f64(Ptr, F64): Any;
    BufF32 = flash_buf_f32(Ptr, F32): Any;
    BufBool = flash_buf_bool(Ptr, I8): Any;
    BufChar = flash_buf_char(Ptr, I32): Any;
    BufQuotedChar = flash_buf_quoted_char(Ptr, I32): Any;
    BufPtr = flash_buf_ptr(Ptr, Ptr): Any;
    /// (buffer, object) -> 1 and remembers the object as being shown, or 0 when it already is
    /// (a cycle: `[Circular]` has been written).
    BufEnter = flash_buf_enter(Ptr, Ptr) -> (I8): Any;
    BufLeave = flash_buf_leave(Ptr): Any;
    /// The text so far; the buffer must not be used again.
    BufFinish = flash_buf_finish(Ptr) -> (Ptr, I64): Any;
    /// As `BufStr`, of texts that say how the value is made: a word such as `null`; what begins a group up to its first
    /// part (`[`, `P { x: `), separates parts (`, y: `), and ends it (` }`). `BufColon` writes `: ` behind a key.
    BufWord = flash_buf_word(Ptr, Ptr, I64): Any;
    BufOpen = flash_buf_open(Ptr, Ptr, I64): Any;
    BufNext = flash_buf_next(Ptr, Ptr, I64): Any;
    BufClose = flash_buf_close(Ptr, Ptr, I64): Any;
    BufColon = flash_buf_colon(Ptr): Any;
    /// (buffer, text) -> text + the buffer's: as `BufFinish` and `StrConcat`, which may write behind the text.
    BufFinishAfter = flash_buf_finish_after(Ptr, Ptr, I64) -> (Ptr, I64): Any;

    /// Remainder of floats as C's fmod.
    Fmod = flash_fmod(F64, F64) -> (F64): Pure;
    Fmodf = flash_fmodf(F32, F32) -> (F32): Pure;

    /// Natives of std, called from std/*.fl by these names.
    Print = flash_print(Ptr, I64): Any;
    PrintError = flash_print_error(Ptr, I64): Any;
    /// As `Print` and `PrintError`, and ends the line.
    PrintLine = flash_print_line(Ptr, I64): Any;
    PrintErrorLine = flash_print_error_line(Ptr, I64): Any;
    /// (prompt) -> line without its end, or null at the end of input.
    ReadLine = flash_read_line(Ptr, I64) -> (Ptr, I64): Any;
    // console
    /// (`[u8]`): what was read of standard input and is not wanted comes again.
    StdinGiveBack = flash_stdin_give_back(Ptr): Any;
    /// (`[u8]`): appends what was read of standard input and is not wanted yet.
    StdinTake = flash_stdin_take(Ptr): Any;
    /// (buffer, stream, depth, width): what is shown from here on is laid out for a stream (1, 2, or 0 for none).
    ConsoleInspect = flash_console_inspect(Ptr, I32, I64, I64): Any;
    /// The text; the buffer must not be used again.
    ConsoleInspected = flash_console_inspected(Ptr) -> (Ptr, I64): Any;
    /// (buffer, columns, each ended by NUL) -> the table; the buffer must not be used again.
    ConsoleTable = flash_console_table(Ptr, Ptr, I64) -> (Ptr, I64): Any;
    /// (stream, text): a line, indented as the groups say.
    ConsoleLine = flash_console_line(I32, Ptr, I64): Any;
    /// (1 or -1): begins or ends a group.
    ConsoleGroup = flash_console_group(I32): Any;
    /// (label, 0 start, 1 look, 2 end) -> milliseconds, -1 for no such timer, -2 for one that has been started already.
    ConsoleTimer = flash_console_timer(Ptr, I64, I32) -> (F64): Any;
    /// (label, reset) -> how many times.
    ConsoleCount = flash_console_count(Ptr, I64, I8) -> (I64): Any;
    /// (text): to standard error, with the calls that led there.
    ConsoleTrace = flash_console_trace(Ptr, I64): Any;
    IsTerminal = flash_is_terminal(I32) -> (I8): Any;
    Exit = flash_exit(I32): Never;
    ArgCount = flash_arg_count() -> (I64): Any;
    Arg = flash_arg(I64) -> (Ptr, I64): Any;
    /// Value of an environment variable, or null.
    EnvGet = flash_env_get(Ptr, I64) -> (Ptr, I64): Any;
    CurrentDir = flash_current_dir() -> (Ptr, I64): Any;
    ProcessId = flash_process_id() -> (I32): Any;
    /// Nanoseconds of a monotonic clock.
    ClockNs = flash_clock_ns() -> (I64): Any;
    /// Milliseconds since 1970 of the wall clock.
    WallClockMs = flash_wall_clock_ms() -> (F64): Any;
    /// Bytes in use after forcing a collection.
    Collect = flash_collect() -> (I64): Any;

    // files
    /// (operation, path, data, a, b) -> 1 and its result can be taken, or 0 and the error is in `flash_last_error`.
    FsDo = flash_fs_do(Ptr, I64, Ptr, I64, Ptr, I64, I64, I64) -> (I8): Any;
    /// The same on a thread of the pool -> job.
    FsStart = flash_fs_start(Ptr, I64, Ptr, I64, Ptr, I64, I64, I64) -> (I64): Any;
    /// 0 nothing there, 1 file, 2 directory, 3 other.
    FsKind = flash_fs_kind(Ptr, I64) -> (I32): Any;
    /// What the last operation gave: a text, a number (of bytes to take), bytes (to).
    FsText = flash_fs_text() -> (Ptr, I64): Any;
    FsNumber = flash_fs_number() -> (I64): Any;
    FsBytes = flash_fs_bytes(Ptr): Any;
    /// (file, to, count) -> bytes read or -1.
    FileRead = flash_file_read(I64, Ptr, I64) -> (I64): Any;
    /// (file, data) -> bytes written or -1.
    FileWrite = flash_file_write(I64, Ptr, I64) -> (I64): Any;
    /// (bytes, start, count, byte) -> where the byte is, or -1.
    BytesIndexOf = flash_bytes_index_of(Ptr, I64, I64, I8) -> (I64): Reads;

    // the process, its environment and its children, the machine
    EnvSet = flash_env_set(Ptr, I64, Ptr, I64) -> (I8): Any;
    EnvRemove = flash_env_remove(Ptr, I64): Any;
    EnvAll = flash_env_all() -> (Ptr, I64): Any;
    ChangeDir = flash_change_dir(Ptr, I64) -> (I8): Any;
    Executable = flash_executable() -> (Ptr, I64): Any;
    SetExitCode = flash_set_exit_code(I32): Any;
    ExitCode = flash_exit_code() -> (I32): Any;
    ResidentBytes = flash_resident_bytes() -> (I64): Any;
    /// (what) -> text or null; (what) -> number or -1.
    OsText = flash_os_text(Ptr, I64) -> (Ptr, I64): Any;
    OsNumber = flash_os_number(Ptr, I64) -> (I64): Any;
    /// (process, signal) -> 1 or 0.
    ProcessKill = flash_process_kill(I32, Ptr, I64) -> (I8): Any;
    /// (program and arguments, environment, directory, flags) -> process or -1.
    ChildStart = flash_child_start(Ptr, I64, Ptr, I64, Ptr, I64, I64) -> (I32): Any;
    /// (0 input, 1 output, 2 errors, 3 end) -> descriptor of the child that was started last, or -1.
    ChildDescriptor = flash_child_descriptor(I32) -> (I32): Any;
    /// (process) -> how it ended, or -1 while it runs.
    ChildReap = flash_child_reap(I32) -> (I32): Any;
    /// (program and arguments, environment, directory, flags, input, time-out in ms) -> 1 or 0. Waits for the end.
    ChildRun = flash_child_run(Ptr, I64, Ptr, I64, Ptr, I64, I64, Ptr, I64, I64) -> (I8): Any;
    /// (0 status, 1 bytes of output, 2 bytes of errors, 3 whether the time was over) of the last run.
    ChildResult = flash_child_result(I32) -> (I64): Any;
    /// (1 output, 2 errors; to)
    ChildTake = flash_child_take(I32, Ptr): Any;
    /// (signal's name) -> descriptor that becomes readable when it comes, or -1; and the end of that.
    SignalListen = flash_signal_listen(Ptr, I64) -> (I32): Any;
    SignalForget = flash_signal_forget(Ptr, I64): Any;
    /// Descriptors that the loop watches: (descriptor, to, count) and (descriptor, data) -> count, -1 for an error, -2 for
    /// not now.
    FdRead = flash_fd_read(I32, Ptr, I64) -> (I64): Any;
    FdWrite = flash_fd_write(I32, Ptr, I64) -> (I64): Any;
    FdClose = flash_fd_close(I32) -> (I8): Any;
    FdIsWatchable = flash_fd_is_watchable(I32) -> (I8): Any;
    Flush = flash_flush(): Any;
    /// (1 or 2, data): to a standard stream.
    WriteStream = flash_write_stream(I32, Ptr, I64): Any;
    /// (path, recursive, token) -> watcher or -1; its next change (kind, NUL, path, NUL, other path) or null; and its end.
    WatchStart = flash_watch_start(Ptr, I64, I8, I64) -> (I64): Any;
    WatchNext = flash_watch_next(I64) -> (Ptr, I64): Any;
    WatchStop = flash_watch_stop(I64): Any;
    /// (status) -> the name of the signal that ended a child, or null.
    SignalName = flash_signal_name(I32) -> (Ptr, I64): Any;

    /// Words for the last native of this thread that failed.
    LastError = flash_last_error() -> (Ptr, I64): Any;
    /// What went wrong with it, as a name such as `ENOENT`.
    LastErrorCode = flash_last_error_code() -> (Ptr, I64): Any;

    /// Text to number; the flag of success is in the low bit of the first result.
    ParseI64 = flash_parse_i64(Ptr, I64) -> (I8, I64): Reads;
    ParseU64 = flash_parse_u64(Ptr, I64) -> (I8, I64): Reads;
    /// Gives the bits of an `f64`: C's convention on aarch64 would not take an integer and a float apart.
    ParseF64 = flash_parse_f64(Ptr, I64) -> (I8, I64): Reads;
    /// `number.to_fixed(digits)`
    FormatFixed = flash_format_fixed(F64, I32) -> (Ptr, I64): Allocates;
    /// (value, radix 2..=36) in lower case.
    FormatRadix = flash_format_radix(I64, I32) -> (Ptr, I64): Allocates;
    FormatRadixUnsigned = flash_format_radix_unsigned(I64, I32) -> (Ptr, I64): Allocates;

    /// Bits: 1 alphabetic, 2 numeric, 4 white space, 8 upper case, 16 lower case, 32 control.
    CharClass = flash_char_class(I32) -> (I32): Pure;
    /// The case mapping when it is one scalar, else the scalar itself.
    CharToUpper = flash_char_to_upper(I32) -> (I32): Pure;
    CharToLower = flash_char_to_lower(I32) -> (I32): Pure;

    StrIndexOf = flash_str_index_of(Ptr, I64, Ptr, I64, I64) -> (I64): Reads;
    StrLastIndexOf = flash_str_last_index_of(Ptr, I64, Ptr, I64) -> (I64): Reads;
    StrToUpper = flash_str_to_upper(Ptr, I64) -> (Ptr, I64): Allocates;
    StrToLower = flash_str_to_lower(Ptr, I64) -> (Ptr, I64): Allocates;
    StrTrimStart = flash_str_trim_start(Ptr, I64) -> (Ptr, I64): Reads;
    StrTrimEnd = flash_str_trim_end(Ptr, I64) -> (Ptr, I64): Reads;
    StrRepeat = flash_str_repeat(Ptr, I64, I64) -> (Ptr, I64): Allocates;
    StrReplaceAll = flash_str_replace_all(Ptr, I64, Ptr, I64, Ptr, I64) -> (Ptr, I64): Allocates;
    /// (buffer of bytes: address, count) -> str, or null when they are not UTF-8.
    StrFromUtf8 = flash_str_from_utf8(Ptr, I64) -> (Ptr, I64): Allocates;
    /// The same, with U+FFFD for what is not.
    StrLossy = flash_str_lossy(Ptr, I64) -> (Ptr, I64): Allocates;
    StrHash = flash_str_hash(Ptr, I64) -> (I64): Reads;
    /// An odd number that differs from process to process: what tables multiply hashes with.
    HashFactor = flash_hash_factor() -> (I64): Pure;
    /// Address of a null-terminated copy of the text, alive as long as anything holds it.
    StrToC = flash_str_to_c(Ptr, I64) -> (Ptr): Allocates;
    /// Copy of the null-terminated text at an address; invalid UTF-8 becomes U+FFFD.
    StrFromC = flash_str_from_c(Ptr) -> (Ptr, I64): Allocates;

    // unicode
    /// (text, offset) -> where the grapheme cluster, or the word, ends that starts there.
    StrGraphemeEnd = flash_str_grapheme_end(Ptr, I64, I64) -> (I64): Reads;
    StrWordEnd = flash_str_word_end(Ptr, I64, I64) -> (I64): Reads;
    /// (text, 0 NFC, 1 NFD, 2 NFKC, 3 NFKD)
    StrNormalize = flash_str_normalize(Ptr, I64, I32) -> (Ptr, I64): Allocates;
    /// Columns in a terminal.
    StrWidth = flash_str_width(Ptr, I64) -> (I64): Reads;
    StrFold = flash_str_fold(Ptr, I64) -> (Ptr, I64): Allocates;
    StrCompareFolded = flash_str_compare_folded(Ptr, I64, Ptr, I64) -> (I32): Reads;
    CharCategory = flash_char_category(I32) -> (Ptr, I64): Pure;
    CharWidth = flash_char_width(I32) -> (I32): Pure;

    MathSin = flash_math_sin(F64) -> (F64): Pure;
    MathCos = flash_math_cos(F64) -> (F64): Pure;
    MathTan = flash_math_tan(F64) -> (F64): Pure;
    MathAsin = flash_math_asin(F64) -> (F64): Pure;
    MathAcos = flash_math_acos(F64) -> (F64): Pure;
    MathAtan = flash_math_atan(F64) -> (F64): Pure;
    MathAtan2 = flash_math_atan2(F64, F64) -> (F64): Pure;
    MathExp = flash_math_exp(F64) -> (F64): Pure;
    MathLog = flash_math_log(F64) -> (F64): Pure;
    MathLog2 = flash_math_log2(F64) -> (F64): Pure;
    MathLog10 = flash_math_log10(F64) -> (F64): Pure;
    MathPow = flash_math_pow(F64, F64) -> (F64): Pure;
    MathCbrt = flash_math_cbrt(F64) -> (F64): Pure;

    // mathematics
    MathSinh = flash_math_sinh(F64) -> (F64): Pure;
    MathCosh = flash_math_cosh(F64) -> (F64): Pure;
    MathTanh = flash_math_tanh(F64) -> (F64): Pure;
    MathAsinh = flash_math_asinh(F64) -> (F64): Pure;
    MathAcosh = flash_math_acosh(F64) -> (F64): Pure;
    MathAtanh = flash_math_atanh(F64) -> (F64): Pure;
    MathExp2 = flash_math_exp2(F64) -> (F64): Pure;
    MathExpm1 = flash_math_expm1(F64) -> (F64): Pure;
    MathLog1p = flash_math_log1p(F64) -> (F64): Pure;
    MathErf = flash_math_erf(F64) -> (F64): Pure;
    MathErfc = flash_math_erfc(F64) -> (F64): Pure;
    MathGamma = flash_math_gamma(F64) -> (F64): Pure;
    MathLgamma = flash_math_lgamma(F64) -> (F64): Pure;
    MathJ0 = flash_math_j0(F64) -> (F64): Pure;
    MathJ1 = flash_math_j1(F64) -> (F64): Pure;
    MathY0 = flash_math_y0(F64) -> (F64): Pure;
    MathY1 = flash_math_y1(F64) -> (F64): Pure;
    MathJn = flash_math_jn(I32, F64) -> (F64): Pure;
    MathYn = flash_math_yn(I32, F64) -> (F64): Pure;
    MathRemainder = flash_math_remainder(F64, F64) -> (F64): Pure;
    MathNextAfter = flash_math_next_after(F64, F64) -> (F64): Pure;
    MathFma = flash_math_fma(F64, F64, F64) -> (F64): Pure;

    /// (what a level is indented by) -> a writer of JSON text. The others take it first.
    JsonNew = flash_json_new(Ptr, I64) -> (Ptr): Any;
    /// (writer, bracket)
    JsonOpen = flash_json_open(Ptr, I8): Any;
    JsonClose = flash_json_close(Ptr, I8): Any;
    /// Before each element of an array.
    JsonItem = flash_json_item(Ptr): Any;
    /// Before a field's value: its name, in quotes already.
    JsonField = flash_json_field(Ptr, Ptr, I64): Any;
    /// Before any other value of an object: its key.
    JsonKey = flash_json_key(Ptr, Ptr, I64): Any;
    JsonI64 = flash_json_i64(Ptr, I64): Any;
    JsonU64 = flash_json_u64(Ptr, I64): Any;
    JsonF64 = flash_json_f64(Ptr, F64): Any;
    JsonF32 = flash_json_f32(Ptr, F32): Any;
    JsonBool = flash_json_bool(Ptr, I8): Any;
    JsonNull = flash_json_null(Ptr): Any;
    JsonStr = flash_json_str(Ptr, Ptr, I64): Any;
    JsonChar = flash_json_char(Ptr, I32): Any;
    /// (writer, object) -> 1 and remembers it as being written, or 0 when it must not be.
    JsonEnter = flash_json_enter(Ptr, Ptr) -> (I8): Any;
    JsonLeave = flash_json_leave(Ptr): Any;
    /// The text, or null when something could not be written. The writer is gone.
    JsonFinish = flash_json_finish(Ptr) -> (Ptr, I64): Any;
    /// Why the last text could not be written.
    JsonProblem = flash_json_problem() -> (I32): Any;
    /// What stands between quotes, its escapes replaced; null when one is wrong.
    JsonUnescape = flash_json_unescape(Ptr, I64) -> (Ptr, I64): Allocates;
    /// Where the first wrong escape stands, times 2, plus 1 for half of a surrogate pair.
    JsonWrongEscape = flash_json_wrong_escape(Ptr, I64) -> (I64): Reads;

    // problems: words and place of what the last native of this thread could not do
    Problem = flash_problem() -> (Ptr, I64): Any;
    ProblemAt = flash_problem_at() -> (I64): Any;

    // regex
    /// (pattern, flags) -> stamp, or 0 and a problem.
    RegexCompile = flash_regex_compile(Ptr, I64, I32) -> (I64): Any;
    /// (stamp) -> names with NUL between them, or null.
    RegexGroups = flash_regex_groups(I64) -> (Ptr, I64): Any;
    /// (stamp, text, start, places, count) -> 1 found, 0 not, -1 the pattern is gone.
    RegexFind = flash_regex_find(I64, Ptr, I64, I64, Ptr, I64) -> (I32): Any;
    /// (stamp, text, template, limit) -> text, or null.
    RegexReplace = flash_regex_replace(I64, Ptr, I64, Ptr, I64, I64) -> (Ptr, I64): Any;
    RegexEscape = flash_regex_escape(Ptr, I64) -> (Ptr, I64): Allocates;

    // encoding
    /// (bytes, variant)
    Base64Encode = flash_base64_encode(Ptr, I64, I32) -> (Ptr, I64): Allocates;
    /// (text, variant, room) -> bytes written, or what is wrong, below zero.
    Base64Decode = flash_base64_decode(Ptr, I64, I32, Ptr, I64) -> (I64): Any;
    HexEncode = flash_hex_encode(Ptr, I64) -> (Ptr, I64): Allocates;
    HexDecode = flash_hex_decode(Ptr, I64, Ptr, I64) -> (I64): Any;
    Utf8Decode = flash_utf8_decode(Ptr, I64) -> (Ptr, I64): Allocates;
    Utf8Valid = flash_utf8_valid(Ptr, I64) -> (I64): Reads;
    Utf16Encode = flash_utf16_encode(Ptr, I64, Ptr) -> (I64): Any;
    Utf16Decode = flash_utf16_decode(Ptr, I64) -> (Ptr, I64): Allocates;
    Utf16Wrong = flash_utf16_wrong(Ptr, I64) -> (I64): Reads;
    Latin1Decode = flash_latin1_decode(Ptr, I64) -> (Ptr, I64): Allocates;

    // url
    /// (text, base or null, 15 offsets) -> text, or null and a problem.
    UrlParse = flash_url_parse(Ptr, I64, Ptr, I64, Ptr) -> (Ptr, I64): Any;
    /// (URL, part, value, 15 offsets) -> text, or null.
    UrlSet = flash_url_set(Ptr, I64, I32, Ptr, I64, Ptr) -> (Ptr, I64): Any;
    UrlOrigin = flash_url_origin(Ptr, I64) -> (Ptr, I64): Allocates;
    UrlDomain = flash_url_domain(Ptr, I64, I8) -> (Ptr, I64): Allocates;
    UrlToPath = flash_url_to_path(Ptr, I64) -> (Ptr, I64): Allocates;
    UrlFromPath = flash_url_from_path(Ptr, I64) -> (Ptr, I64): Allocates;
    PercentEncode = flash_percent_encode(Ptr, I64, I32) -> (Ptr, I64): Allocates;
    PercentDecode = flash_percent_decode(Ptr, I64, I8) -> (Ptr, I64): Any;

    // crypto
    /// (algorithm, bytes, room) -> bytes written, or -1.
    HashOnce = flash_hash_once(I32, Ptr, I64, Ptr, I64) -> (I64): Any;
    HashStart = flash_hash_start(I32, Ptr, I64) -> (I64): Any;
    /// (algorithm, state, bytes) -> 1 or 0.
    HashUpdate = flash_hash_update(I32, Ptr, I64, Ptr, I64) -> (I8): Any;
    HashFinish = flash_hash_finish(I32, Ptr, I64, Ptr, I64) -> (I64): Any;
    /// (algorithm, key, bytes, room) -> bytes written, or -1.
    HmacOnce = flash_hmac_once(I32, Ptr, I64, Ptr, I64, Ptr, I64) -> (I64): Any;
    /// (algorithm, key, state)
    HmacStart = flash_hmac_start(I32, Ptr, I64, Ptr): Any;
    /// (algorithm, state, bytes)
    HmacUpdate = flash_hmac_update(I32, Ptr, Ptr, I64): Any;
    HmacFinish = flash_hmac_finish(I32, Ptr, Ptr, I64) -> (I64): Any;
    RandomFill = flash_random_fill(Ptr, I64) -> (I8): Any;
    EqualInConstantTime = flash_equal_in_constant_time(Ptr, I64, Ptr, I64) -> (I8): Reads;

    // date
    WallClockNs = flash_wall_clock_ns() -> (I64): Any;
    /// (seconds, nanoseconds, zone, fields) -> the zone's name, or null and a problem.
    DateAt = flash_date_at(I64, I32, Ptr, I64, Ptr) -> (Ptr, I64): Any;
    DateOf = flash_date_of(Ptr, Ptr, I64) -> (Ptr, I64): Any;
    DateParse = flash_date_parse(Ptr, I64, I32, Ptr, I64, Ptr) -> (Ptr, I64): Any;
    DateScan = flash_date_scan(Ptr, I64, Ptr, I64, Ptr, I64, Ptr) -> (Ptr, I64): Any;
    DateFormat = flash_date_format(I64, I32, Ptr, I64, Ptr, I64) -> (Ptr, I64): Any;
    DateAdd = flash_date_add(Ptr, Ptr, I64) -> (Ptr, I64): Any;
    DateUntil = flash_date_until(Ptr, Ptr, I64, I32) -> (I8): Any;

    /// Which of the program's tests to run, in a program that is made of tests.
    TestIndex = flash_test_index() -> (I64): Any;

    /// Unsafe memory: (bytes) -> address, never null; and its release.
    MemAlloc = flash_mem_alloc(I64) -> (Ptr): Any;
    MemFree = flash_mem_free(Ptr): Any;

    // Sockets (`std:net`). Descriptors and counts; below zero, the number of an error.

    /// (host or nothing, port, backlog, share the port) -> descriptor
    NetListen = flash_net_listen(Ptr, I64, I32, I32, I8) -> (I64): Any;
    NetListenUnix = flash_net_listen_unix(Ptr, I64, I32) -> (I64): Any;
    NetAccept = flash_net_accept(I32) -> (I64): Any;
    /// (address in numbers, port) -> descriptor of a connection that is being made
    NetConnect = flash_net_connect(Ptr, I64, I32) -> (I64): Any;
    NetConnectUnix = flash_net_connect_unix(Ptr, I64) -> (I64): Any;
    NetTakeError = flash_net_take_error(I32) -> (I64): Any;
    /// (descriptor, array, most) -> number of bytes put at the end of the array; 0 at the end
    NetRead = flash_net_read(I32, Ptr, I64) -> (I64): Any;
    /// (descriptor, array, from, to) -> number of bytes written
    NetWrite = flash_net_write(I32, Ptr, I64, I64) -> (I64): Any;
    /// (descriptor, array, text) and (descriptor, array, array): both as one
    NetWriteWith = flash_net_write_with(I32, Ptr, Ptr, I64) -> (I64): Any;
    NetWriteBoth = flash_net_write_both(I32, Ptr, Ptr) -> (I64): Any;
    /// (array, text): appends the text's bytes.
    BytesAddText = flash_bytes_add_text(Ptr, Ptr, I64): Any;
    /// (array) -> its bytes as text; what is no UTF-8 becomes U+FFFD
    BytesLossy = flash_bytes_lossy(Ptr) -> (Ptr, I64): Allocates;
    /// (what a handler was given, a title): prints it as an error that nobody catches.
    ReportThrown = flash_report_thrown(Ptr, Ptr, I64): Any;
    /// (descriptor, 0 reading, 1 writing, 2 both) -> 0
    NetShutdown = flash_net_shutdown(I32, I32) -> (I64): Any;
    NetClose = flash_net_close(I32): Any;
    /// (descriptor, which, value) -> 0
    NetSetOption = flash_net_set_option(I32, I32, I32) -> (I64): Any;
    /// (descriptor, the other end's) -> "address port", or a path
    NetAddress = flash_net_address(I32, I8) -> (Ptr, I64): Any;
    /// Whether a text is an address in numbers: 4, 6, or 0.
    NetFamily = flash_net_family(Ptr, I64) -> (I32): Any;
    NetErrorName = flash_net_error_name(I64) -> (Ptr, I64): Any;
    NetErrorWords = flash_net_error_words(I64) -> (Ptr, I64): Any;

    /// (address in numbers, port, share the port) -> descriptor
    UdpBind = flash_udp_bind(Ptr, I64, I32, I8) -> (I64): Any;
    /// (descriptor, address in numbers, port, array) -> number of bytes sent
    UdpSend = flash_udp_send(I32, Ptr, I64, I32, Ptr) -> (I64): Any;
    /// (descriptor, array) -> length of the datagram put at the array's end
    UdpReceive = flash_udp_receive(I32, Ptr) -> (I64): Any;
    /// "address port" of who sent it
    UdpSender = flash_udp_sender() -> (Ptr, I64): Any;
    /// (descriptor, group, join or leave) -> 0
    UdpMembership = flash_udp_membership(I32, Ptr, I64, I8) -> (I64): Any;

    /// (name) -> job
    DnsStart = flash_dns_start(Ptr, I64) -> (I64): Any;

    // HTTP (`std:http`).

    /// (input, from, bytes seen before, limit, facts) -> the head of a request as text, or null
    HttpRequest = flash_http_request(Ptr, I64, I64, I64, Ptr) -> (Ptr, I64): Any;
    HttpResponse = flash_http_response(Ptr, I64, I64, I64, Ptr) -> (Ptr, I64): Any;
    /// (head, where fields begin, name, how many to pass over) -> value, or null
    HttpField = flash_http_field(Ptr, I64, I64, Ptr, I64, I64) -> (Ptr, I64): Reads;
    /// (input, from, to, output, state) -> bytes taken, or -1
    HttpChunks = flash_http_chunks(Ptr, I64, I64, Ptr, Ptr) -> (I64): Any;
    HttpDecode = flash_http_decode(Ptr, I64, I8) -> (Ptr, I64): Allocates;
    HttpEncode = flash_http_encode(Ptr, I64) -> (Ptr, I64): Allocates;
    /// (base or nothing, address) -> "scheme host port target", or null
    HttpUrl = flash_http_url(Ptr, I64, Ptr, I64) -> (Ptr, I64): Allocates;
    /// (output, status, reason, flags, length, type, fields, body)
    HttpRespond = flash_http_respond(Ptr, I32, Ptr, I64, I32, I64, Ptr, I64, Ptr, Ptr, I64): Any;
    /// (output, line, host, flags, length, fields)
    HttpAsk = flash_http_ask(Ptr, Ptr, I64, Ptr, I64, I32, I64, Ptr): Any;
    HttpChunk = flash_http_chunk(Ptr, Ptr, I64): Any;
    HttpChunkBytes = flash_http_chunk_bytes(Ptr, Ptr): Any;
    /// Whether a name and a value can stand in a head.
    HttpIsField = flash_http_is_field(Ptr, I64, Ptr, I64) -> (I8): Reads;

    // TLS. A session is a number; -1 where there is none.

    /// (name of the server, roots or nothing)
    TlsClient = flash_tls_client(Ptr, I64, Ptr, I64) -> (I64): Any;
    /// (certificates, key)
    TlsServer = flash_tls_server(Ptr, I64, Ptr, I64) -> (I64): Any;
    TlsAccept = flash_tls_accept(I64) -> (I64): Any;
    /// (session, input, from, output) -> plain bytes put out, or -1
    TlsFeed = flash_tls_feed(I64, Ptr, I64, Ptr) -> (I64): Any;
    TlsPush = flash_tls_push(I64, Ptr, I64): Any;
    TlsPushBytes = flash_tls_push_bytes(I64, Ptr, I64): Any;
    /// (session, output) -> bytes for the wire put out
    TlsPull = flash_tls_pull(I64, Ptr) -> (I64): Any;
    TlsIsHandshaking = flash_tls_is_handshaking(I64) -> (I8): Any;
    TlsEnd = flash_tls_end(I64): Any;
    TlsFree = flash_tls_free(I64): Any;
    TlsProblemCode = flash_tls_problem_code() -> (Ptr, I64): Any;
    TlsProblemWords = flash_tls_problem_words() -> (Ptr, I64): Any;

    // event loop
    /// (nanoseconds, or -1) -> number of events, after waiting at most so long.
    LoopPoll = flash_loop_poll(I64) -> (I64): Any;
    /// (index) -> token << 4 | bits
    LoopEvent = flash_loop_event(I64) -> (I64): Any;
    /// (descriptor, token) -> 1 or 0
    LoopAdd = flash_loop_add(I32, I64) -> (I8): Any;
    LoopRemove = flash_loop_remove(I32) -> (I8): Any;
    LoopPolls = flash_loop_polls() -> (I64): Any;
    /// What a job of the pool has given, by its number; see `runtime-lib/src/pool.rs`.
    JobFailed = flash_job_failed(I64) -> (I8): Any;
    JobCode = flash_job_code(I64) -> (Ptr, I64): Any;
    JobReason = flash_job_reason(I64) -> (Ptr, I64): Any;
    JobNumber = flash_job_number(I64) -> (I64): Any;
    JobText = flash_job_text(I64) -> (Ptr, I64): Any;
    JobSize = flash_job_size(I64) -> (I64): Any;
    /// (job, address, size)
    JobBytes = flash_job_bytes(I64, Ptr, I64): Any;
    JobDrop = flash_job_drop(I64): Any;

    /// Called by an exported C function: this thread's context, made on first use.
    Attach = flash_attach() -> (Ptr): Any;
}
