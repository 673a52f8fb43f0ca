// x86-64 ELF: `main` of an executable whose program is Flash. It has an object of its own and is
// weak, so that a C program with its own `main` that links Flash objects wins.

    .text
    .weak main
    .type main, @function
main:
    .cfi_startproc
    jmp flash_main
    .cfi_endproc
    .size main, . - main

    .section .note.GNU-stack, "", @progbits
