; Made by flashc 1.0.0 for x86_64-pc-windows-msvc.
; Source: demo.fl
; Assemble with: nasm -f win64

        bits 64
        default rel
%pragma output lprefix .L

        extern flash_print
        extern flash_fail_bounds

        section .text align=16

; ----------------------------------------------------------------------
; main  (demo.fl:7)
        static main
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
        call flash_print
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
        static main.pick
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
        call flash_fail_bounds
        ud2
.end:

        section .rdata rdata align=16

        align 8, db 0
        static text
text:
        db 'Hello, "world"', 10
.end:

        align 8, db 0
        static flash$globals
flash$globals:
        dq 0
        dq 7
        db "globals"
.end:

        align 4, db 0
        static flash$functions
flash$functions:
        ; start, end, name: offset, length
        dd 0, 64, 0, 4
        dd 0, 64, 120, 4
        dd 4, 0
.end:

        align 4, db 0
        static flash$sites
flash$sites:
        ; return address, location
        dd 36, 0
        dd 51, 0
        dd 118, 1
.end:

        align 4, db 0
        static flash$locations
flash$locations:
        ; file, line, column, function: offset, length, inlined at
        dd 0, 7, 1, 0, 4, 0
        dd 0, 4, 12, 4, 4, 0
.end:

        align 4, db 0
        static flash$files
flash$files:
        ; path: offset, length, text: offset, length
        dd 8, 7, 15, 142
.end:

        static flash$strings
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
        static flash$handlers
flash$handlers:
        ; return address, handler, frame size
.end:

        section .rdata rdata align=16

        align 8, db 0
        static closure.pick
closure.pick:
        dq 0
        dq main.pick
.end:

        align 8, db 0
        global flash_program
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
        section .xdata rdata align=8
..@start_xdata:
        db 0x01, 0x0c, 0x05, 0x15, 0x0c, 0xc4, 0x00, 0x00, 0x0c, 0x03, 0x0c, 0x12, 0x01, 0x50, 0x00, 0x00
        db 0x01, 0x04, 0x02, 0x05, 0x04, 0x03, 0x01, 0x50

; How debuggers and profilers walk through the frames of the functions above.
        section .pdata rdata align=4
..@start_pdata:
        dd main wrt ..imagebase
        dd main.pick wrt ..imagebase
        dd ..@start_xdata wrt ..imagebase
        dd main.pick wrt ..imagebase
        dd main.pick+56 wrt ..imagebase
        dd ..@start_xdata+16 wrt ..imagebase
