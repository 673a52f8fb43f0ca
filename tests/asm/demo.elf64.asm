; Made by flashc 1.0.0 for x86_64-unknown-linux-gnu.
; Source: demo.fl
; Assemble with: nasm -f elf64

        bits 64
        default rel
%pragma output lprefix .L

        extern flash_print
        extern flash_fail_bounds

        section .text align=16

; ----------------------------------------------------------------------
; main  (demo.fl:7)
        static main:function (main.end - main)
main:
        push rbp
        mov rbp, rsp
        sub rsp, 16
        mov [rsp], r12
        ; demo.fl:7: println("Hello, \"world\"");
        mov rdi, r15
        lea rsi, [rel text]
        mov r12d, 15
        mov rdx, r12
        call flash_print wrt ..plt
        lea rdi, [rel closure.pick]
        mov rsi, r12
        call main.pick
        mov r12, [rsp]
        add rsp, 16
        mov rsp, rbp
        pop rbp
        ret
.end:

; ----------------------------------------------------------------------
; pick  (demo.fl:4)
        static main.pick:function (main.pick.end - main.pick)
main.pick:
        push rbp
        mov rbp, rsp
        ; demo.fl:4: return xs[i] + square(i);
        mov r8, [rdi+16]
        cmp rsi, r8
        jae near .b1
        mov r10, [rdi+8]
        lea r10, [rsi+rsi*8]
        ; demo.fl:1: fn square(x: i64) -> i64 { return x * x; }  [inlined at demo.fl:4]
        imul rsi, rsi
        ; demo.fl:4: return xs[i] + square(i);
        lea rax, [r10+rsi]
        mov rsp, rbp
        pop rbp
        ret
.b1:
        mov r11, r15
        mov [r11+40], rsi
        mov [r11+48], r8
        call flash_fail_bounds wrt ..plt
        ud2
.end:

        section .rodata align=16

        align 8, db 0
        static text:data (text.end - text)
text:
        db 'Hello, "world"', 10
.end:

        align 8, db 0
        static flash$globals:data (flash$globals.end - flash$globals)
flash$globals:
        dq 0
        dq 7
        db "globals"
.end:

        align 4, db 0
        static flash$functions:data (flash$functions.end - flash$functions)
flash$functions:
        ; start, end, name: offset, length
        dd 0, 64, 0, 4
        dd 0, 64, 120, 4
        dd 4, 0
.end:

        align 4, db 0
        static flash$sites:data (flash$sites.end - flash$sites)
flash$sites:
        ; return address, location
        dd 36, 0
        dd 51, 0
        dd 118, 1
.end:

        align 4, db 0
        static flash$locations:data (flash$locations.end - flash$locations)
flash$locations:
        ; file, line, column, function: offset, length, inlined at
        dd 0, 7, 1, 0, 4, 0
        dd 0, 4, 12, 4, 4, 0
.end:

        align 4, db 0
        static flash$files:data (flash$files.end - flash$files)
flash$files:
        ; path: offset, length, text: offset, length
        dd 8, 7, 15, 142
.end:

        static flash$strings:data (flash$strings.end - flash$strings)
flash$strings:
        db "mainpickdemo.flfn square(x: i64) -> i64 { return x * x; }", 10
        db 10
        db "fn pick(xs: [i64], i: i64) -> i64 {", 10
        db "    return xs[i] + square(i);", 10
        db "}", 10
        db 10
        db 'println("Hello, \"world\"");', 10
.end:

        align 4, db 0
        static flash$handlers:data (flash$handlers.end - flash$handlers)
flash$handlers:
        ; return address, handler, frame size
.end:

        section .data.rel.ro progbits alloc noexec write align=16

        align 8, db 0
        static closure.pick:data (closure.pick.end - closure.pick)
closure.pick:
        dq 0
        dq main.pick
.end:

        align 8, db 0
        global flash_program:data (flash_program.end - flash_program)
flash_program:
        dq "FLASHPRG"               ; magic
        dq 4                        ; ABI version
        dq 0                        ; bytes of globals
        dq flash$globals            ; descriptor of globals
        dq 0                        ; entry
        dq main                     ; text
        dq 120                      ; bytes of text
        dq flash$functions          ; functions
        dq 2                        ; how many
        dq flash$sites              ; sites
        dq 3                        ; how many
        dq flash$locations          ; locations
        dq 2                        ; how many
        dq flash$files              ; files
        dq 1                        ; how many
        dq flash$strings            ; strings
        dq 157                      ; bytes of strings
        dq flash$handlers           ; handlers
        dq 0                        ; how many
        dq 0                        ; errors
        dq 0                        ; how many
        dq 0                        ; code that describes an error
.end:

; How debuggers and profilers walk through the frames of the functions above.
        section .eh_frame progbits alloc noexec nowrite align=8
..@start_eh_frame:
        db 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x7a, 0x52, 0x00, 0x01, 0x78, 0x10, 0x01
        db 0x1b, 0x0c, 0x07, 0x08, 0x90, 0x01, 0x00, 0x00, 0x1c, 0x00, 0x00, 0x00, 0x1c, 0x00, 0x00, 0x00
        dd main - $
        db 0x40, 0x00, 0x00, 0x00, 0x00, 0x41, 0x0e, 0x10, 0x86, 0x02, 0x43, 0x0d, 0x06, 0x48, 0x8c, 0x04
        db 0x00, 0x00, 0x00, 0x00, 0x1c, 0x00, 0x00, 0x00, 0x3c, 0x00, 0x00, 0x00
        dd main.pick - $
        db 0x38, 0x00, 0x00, 0x00, 0x00, 0x41, 0x0e, 0x10, 0x86, 0x02, 0x43, 0x0d, 0x06, 0x00, 0x00, 0x00
        db 0x00, 0x00, 0x00, 0x00

        section .note.GNU-stack noalloc noexec nowrite progbits
