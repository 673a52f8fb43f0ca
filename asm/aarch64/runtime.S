// aarch64 ELF: entry into Flash code, register capture for the collector, and the shims of failing
// checks. FLASH_* are offsets in Context, defined by runtime-lib/build.rs.

    .text
    .p2align 2

// i64 flash_enter(Context *context, const void *code, void *stack_top)
//
// Calls `code` with the pinned register set, on the Flash stack that ends at `stack_top`, or on the
// caller's own stack when it is null. The frame of this function stays on the caller's stack and
// x29 leads back to it, so debuggers walk through; the runtime's own walk ends here.
    .globl flash_enter
    .hidden flash_enter
    .type flash_enter, %function
flash_enter:
    .cfi_startproc
    stp x29, x30, [sp, #-160]!
    .cfi_def_cfa_offset 160
    .cfi_offset x29, -160
    .cfi_offset x30, -152
    mov x29, sp
    .cfi_def_cfa x29, 160
    stp x19, x20, [sp, #16]
    stp x21, x22, [sp, #32]
    stp x23, x24, [sp, #48]
    stp x25, x26, [sp, #64]
    stp x27, x28, [sp, #80]
    .cfi_offset x19, -144
    .cfi_offset x20, -136
    .cfi_offset x21, -128
    .cfi_offset x22, -120
    .cfi_offset x23, -112
    .cfi_offset x24, -104
    .cfi_offset x25, -96
    .cfi_offset x26, -88
    .cfi_offset x27, -80
    .cfi_offset x28, -72
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
    mov x21, x0
    cbz x2, 1f
    mov sp, x2
1:  blr x1
    mov sp, x29
    ldp x19, x20, [sp, #16]
    ldp x21, x22, [sp, #32]
    ldp x23, x24, [sp, #48]
    ldp x25, x26, [sp, #64]
    ldp x27, x28, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    ldp x29, x30, [sp], #160
    .cfi_def_cfa sp, 0
    ret
    .cfi_endproc
    .size flash_enter, . - flash_enter

// void flash_spill_registers(void *argument, void (*then)(void *argument, const void *stack))
//
// Puts every register that a caller may keep a value in onto the stack and calls `then` with the
// lowest address of them: from there on the stack holds whatever the program can still reach.
    .globl flash_spill_registers
    .hidden flash_spill_registers
    .type flash_spill_registers, %function
flash_spill_registers:
    .cfi_startproc
    stp x29, x30, [sp, #-96]!
    .cfi_def_cfa_offset 96
    .cfi_offset x29, -96
    .cfi_offset x30, -88
    mov x29, sp
    stp x19, x20, [sp, #16]
    stp x21, x22, [sp, #32]
    stp x23, x24, [sp, #48]
    stp x25, x26, [sp, #64]
    stp x27, x28, [sp, #80]
    mov x2, x1
    mov x1, sp
    blr x2
    ldp x29, x30, [sp], #96
    .cfi_def_cfa_offset 0
    ret
    .cfi_endproc
    .size flash_spill_registers, . - flash_spill_registers

// A failing check calls its shim without arguments; the operands are in the context already. The
// return address and the frame pointer say where it was.
    .macro FAIL name, kind
    .globl \name
    .type \name, %function
\name:
    .cfi_startproc
    str x30, [x21, #FLASH_FAIL_PC]
    str x29, [x21, #FLASH_FAIL_FRAME]
    mov x0, x21
    mov w1, #\kind
    b flash_check_failed
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
    .type flash_overflow_return, %function
flash_overflow_return:
    .cfi_startproc
    mov x0, x21
    mov x1, sp
    mov x2, x29
    b flash_overflow_returned
    .cfi_endproc
    .size flash_overflow_return, . - flash_overflow_return

// Entered as a handler (see `overflow`): goes on in Rust, as if called, on the handler's stack.
    .globl flash_overflow_end
    .hidden flash_overflow_end
    .type flash_overflow_end, %function
flash_overflow_end:
    .cfi_startproc
    mov x1, x0
    mov x0, x21
    b flash_overflow_ended
    .cfi_endproc
    .size flash_overflow_end, . - flash_overflow_end

// void flash_resume(const void *code, void *frame, void *stack, void *error, Context *context)
//
// Goes on at a handler: see `flash_abi::program::Handler`. Does not come back.
    .globl flash_resume
    .hidden flash_resume
    .type flash_resume, %function
flash_resume:
    .cfi_startproc
    mov x16, x0
    mov x29, x1
    mov sp, x2
    mov x0, x3
    mov x21, x4
    mov x1, xzr
    br x16
    .cfi_endproc
    .size flash_resume, . - flash_resume

// const Program *flash_linked_program(void): the program this executable was linked with, or null.
    .weak flash_program
    .globl flash_linked_program
    .hidden flash_linked_program
    .type flash_linked_program, %function
flash_linked_program:
    .cfi_startproc
    adrp x0, :got:flash_program
    ldr x0, [x0, :got_lo12:flash_program]
    ret
    .cfi_endproc
    .size flash_linked_program, . - flash_linked_program

    .section .note.GNU-stack, "", %progbits
