// x86-64 ELF: entry into Flash code, register capture for the collector, and the shims of failing
// checks. FLASH_* are offsets in Context, defined by runtime-lib/build.rs.

    .text

// i64 flash_enter(Context *context, const void *code, void *stack_top)
//
// Calls `code` with the pinned register set, on the Flash stack that ends at `stack_top`, or on the
// caller's own stack when it is null. The frame of this function stays on the caller's stack and
// %rbp leads back to it, so debuggers walk through; the runtime's own walk ends here.
    .globl flash_enter
    .hidden flash_enter
    .type flash_enter, @function
flash_enter:
    .cfi_startproc
    pushq %rbp
    .cfi_def_cfa_offset 16
    .cfi_offset %rbp, -16
    movq %rsp, %rbp
    .cfi_def_cfa_register %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    .cfi_offset %rbx, -24
    .cfi_offset %r12, -32
    .cfi_offset %r13, -40
    .cfi_offset %r14, -48
    .cfi_offset %r15, -56
    subq $8, %rsp
    movq %rdi, %r15
    testq %rdx, %rdx
    jz 1f
    movq %rdx, %rsp
1:  xorl %eax, %eax
    callq *%rsi
    leaq -40(%rbp), %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    .cfi_def_cfa %rsp, 8
    retq
    .cfi_endproc
    .size flash_enter, . - flash_enter

// void flash_spill_registers(void *argument, void (*then)(void *argument, const void *stack))
//
// Puts every register that a caller may keep a value in onto the stack and calls `then` with the
// lowest address of them: from there on the stack holds whatever the program can still reach.
    .globl flash_spill_registers
    .hidden flash_spill_registers
    .type flash_spill_registers, @function
flash_spill_registers:
    .cfi_startproc
    pushq %rbp
    .cfi_def_cfa_offset 16
    .cfi_offset %rbp, -16
    movq %rsp, %rbp
    .cfi_def_cfa_register %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    subq $8, %rsp
    movq %rsi, %rax
    movq %rsp, %rsi
    callq *%rax
    leave
    .cfi_def_cfa %rsp, 8
    retq
    .cfi_endproc
    .size flash_spill_registers, . - flash_spill_registers

// A failing check calls its shim without arguments; the operands are in the context already. The
// return address and the frame pointer say where it was.
    .macro FAIL name, kind
    .globl \name
    .type \name, @function
\name:
    .cfi_startproc
    movq (%rsp), %rax
    movq %rax, FLASH_FAIL_PC(%r15)
    movq %rbp, FLASH_FAIL_FRAME(%r15)
    movq %r15, %rdi
    movl $\kind, %esi
    jmp flash_check_failed
    .cfi_endproc
    .size \name, . - \name
    .endm

// The numbers are those of `fail::failure_of`.
    FAIL flash_fail_bounds, 0
    FAIL flash_fail_null, 1
    FAIL flash_fail_division, 2
    FAIL flash_fail_overflow, 3
    FAIL flash_fail_assert, 4
    FAIL flash_fail_panic, 5
    FAIL flash_fail_slice, 6
    FAIL flash_fail_unreachable, 7
    FAIL flash_fail_conversion, 8
    FAIL flash_throw, 9
    FAIL flash_rethrow, 10

// Where runtime code returns to that has run into the guard of the stack (see `overflow`): throws, from
// the Flash code that called it.
    .globl flash_overflow_return
    .hidden flash_overflow_return
    .type flash_overflow_return, @function
flash_overflow_return:
    .cfi_startproc
    movq %r15, %rdi
    movq %rsp, %rsi
    movq %rbp, %rdx
    subq $8, %rsp
    jmp flash_overflow_returned
    .cfi_endproc
    .size flash_overflow_return, . - flash_overflow_return

// Entered as a handler (see `overflow`): goes on in Rust, as if called, on the handler's stack.
    .globl flash_overflow_end
    .hidden flash_overflow_end
    .type flash_overflow_end, @function
flash_overflow_end:
    .cfi_startproc
    movq %r15, %rdi
    movq %rax, %rsi
    andq $-16, %rsp
    subq $8, %rsp
    jmp flash_overflow_ended
    .cfi_endproc
    .size flash_overflow_end, . - flash_overflow_end

// void flash_resume(const void *code, void *frame, void *stack, void *error, Context *context)
//
// Goes on at a handler: see `flash_abi::program::Handler`. Does not come back.
    .globl flash_resume
    .hidden flash_resume
    .type flash_resume, @function
flash_resume:
    .cfi_startproc
    movq %rsi, %rbp
    movq %rdx, %rsp
    movq %rcx, %rax
    movq %r8, %r15
    xorl %edx, %edx
    jmpq *%rdi
    .cfi_endproc
    .size flash_resume, . - flash_resume

// const Program *flash_linked_program(void): the program this executable was linked with, or null.
    .weak flash_program
    .globl flash_linked_program
    .hidden flash_linked_program
    .type flash_linked_program, @function
flash_linked_program:
    .cfi_startproc
    movq flash_program@GOTPCREL(%rip), %rax
    retq
    .cfi_endproc
    .size flash_linked_program, . - flash_linked_program

    .section .note.GNU-stack, "", @progbits
