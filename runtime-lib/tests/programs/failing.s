# A program as the compiler would make it, by hand: does what the number of its arguments says.
#   0 prints and returns 7     1 fails a bounds check in an inlined call     2 recurses without end
#   3 executes ud2             4 panics                                      5 reads address 0x20010
#   6 calls exit(9)            7 recurses 40 deep, then divides by zero
#   8 reads address 0x20010 in foreign code without a frame pointer
#   9 catches an error that is thrown two calls below, and returns 8       10 throws one that nobody catches

    .text
text_start:

main_start:                             # fn main, line 1
    pushq %rbp
    movq %rsp, %rbp
    movq %r15, %rdi
    call flash_arg_count@PLT
site_count:
    cmpq $1, %rax
    je do_bounds
    cmpq $2, %rax
    je do_recursion
    cmpq $3, %rax
    je do_trap
    cmpq $4, %rax
    je do_panic
    cmpq $5, %rax
    je do_wild
    cmpq $6, %rax
    je do_exit
    cmpq $7, %rax
    je do_deep
    cmpq $8, %rax
    je do_foreign
    cmpq $9, %rax
    je do_catch
    cmpq $10, %rax
    je do_throw
    movq %r15, %rdi
    leaq hello(%rip), %rsi
    movq $6, %rdx
    call flash_print@PLT
    movl $7, %eax
    popq %rbp
    ret
do_bounds:
    call get_start
site_main_get:
do_recursion:
    call recurse_start
site_main_recurse:
do_trap:
    ud2
    nop
do_panic:
    leaq hello(%rip), %rax
    movq %rax, 40(%r15)
    movq $5, 48(%r15)
    call flash_fail_panic@PLT
site_main_panic:
do_wild:
    movq 0x20010, %rax
    nop
do_exit:
    movq %r15, %rdi
    movl $9, %esi
    call flash_exit@PLT
site_main_exit:
do_deep:
    movl $40, %ebx
    call deep_start
site_main_deep:
do_foreign:
    call foreign
site_main_foreign:
    ud2
do_catch:
    subq $16, %rsp
    movq %rax, -8(%rbp)
    call thrower_start
site_main_catch:
    ud2
main_handler:                           # what carries the error in rax, the stack as at the call
    leaq error(%rip), %rcx
    cmpq %rcx, 8(%rax)
    jne 1f
    cmpq $77, 16(%rax)
    jne 1f
    cmpq $9, 8(%rsp)
    jne 1f
    movq %r15, %rdi
    leaq hello(%rip), %rsi
    movq $6, %rdx
    call flash_print@PLT
    movl $8, %eax
    leave
    ret
1:  ud2
do_throw:
    call thrower_start
site_main_throw:
    ud2
main_end:

thrower_start:                          # fn deep again, line 5
    pushq %rbp
    movq %rsp, %rbp
    leaq error(%rip), %rax
    movq %rax, 40(%r15)
    movq $77, 48(%r15)                  # stands for the dispatch table
    movl $-1, %ebx
    call flash_throw@PLT
site_thrower:
    ud2
thrower_end:

get_start:                              # fn get, line 2; has `index` of line 3 inlined
    pushq %rbp
    movq %rsp, %rbp
    movq $5, 40(%r15)
    movq $3, 48(%r15)
    call flash_fail_bounds@PLT
site_get_bounds:
    nop
get_end:

recurse_start:                          # fn recurse, line 4
    pushq %rbp
    movq %rsp, %rbp
    subq $32, %rsp
    call recurse_start
site_recurse:
    leave
    ret
recurse_end:

deep_start:                             # fn deep, line 5
    pushq %rbp
    movq %rsp, %rbp
    subl $1, %ebx
    jnz deep_again
    call flash_fail_division@PLT
site_deep_division:
deep_again:
    call deep_start
site_deep:
    popq %rbp
    ret
deep_end:
text_end:

    .section .text.foreign, "ax", @progbits
foreign:                                # no table knows it, and it uses the frame pointer for something else
    pushq %rbp
    movq $1, %rbp
    movq 0x20010, %rax
    popq %rbp
    ret

    .section .rodata
hello:
    .ascii "hello\n"

    .macro FUNCTION start, end, name_offset, name_len
    .long \start - text_start, \end - text_start, \name_offset, \name_len, 0
    .endm
    .p2align 3
functions:
    FUNCTION main_start, main_end, 0, 4
    FUNCTION thrower_start, thrower_end, 19, 4
    FUNCTION get_start, get_end, 4, 3
    FUNCTION recurse_start, recurse_end, 12, 7
    FUNCTION deep_start, deep_end, 19, 4
sites:
    .long site_count - text_start, 0
    .long site_main_get - text_start, 0
    .long site_main_recurse - text_start, 0
    .long site_main_panic - text_start, 0
    .long site_main_exit - text_start, 0
    .long site_main_deep - text_start, 0
    .long site_main_foreign - text_start, 0
    .long site_main_catch - text_start, 0
    .long site_main_throw - text_start, 0
    .long site_thrower - text_start, 4
    .long site_get_bounds - text_start, 2
    .long site_recurse - text_start, 3
    .long site_deep_division - text_start, 4
    .long site_deep - text_start, 5
sites_end:
handlers:
    .long site_main_catch - text_start, main_handler - text_start, 16
error_type:
    .long 8, 1, 4
    .byte 0, 0, 0, 0
    .long 1
    .ascii "Oops"
    .p2align 3
    .macro LOCATION line, column, name_offset, name_len, inlined_at
    .long 0, \line, \column, \name_offset, \name_len, \inlined_at
    .endm
locations:
    LOCATION 1, 13, 0, 4, 0
    LOCATION 2, 22, 4, 3, 0
    LOCATION 3, 26, 7, 5, 2             # `index`, inlined at location 1 (written as 1 + 1)
    LOCATION 4, 16, 12, 7, 0
    LOCATION 5, 31, 19, 4, 0
    LOCATION 5, 40, 19, 4, 0
files:
    .long 23, 10, 33, source_end - source
strings:
    .ascii "main" "get" "index" "recurse" "deep" "failing.fl"
source:
    .ascii "fn main() { get(); }\n"
    .ascii "fn get() -> i32 { return index(xs, 5); }\n"
    .ascii "fn index(s: str) {\t\"\303\274\" + xs[i]; }\n"
    .ascii "fn recurse() { recurse(); }\n"
    .ascii "fn deep(n: i32) { if n == 0 { 1 / n } deep(n - 1) }\n"
source_end:

    .section .data.rel.ro, "aw", @progbits
    .p2align 3
error:
    .quad error_type
    .globl flash_program
flash_program:
    .ascii "FLASHPRG"
    .long 4, 0
    .quad 0, 0
    .quad main_start
    .quad text_start, text_end - text_start
    .quad functions, 5
    .quad sites, 14
    .quad locations, 6
    .quad files, 1
    .quad strings, source_end - strings
    .quad handlers, 1
    .quad 0, 0, 0
    .section .note.GNU-stack, "", @progbits
