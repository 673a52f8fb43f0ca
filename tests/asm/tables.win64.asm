; Made by flashc 1.0.0 for x86_64-pc-windows-msvc.
; Source: tables.fl
; Assemble with: nasm -f win64

        bits 64
        default rel
%pragma output lprefix .L


        section .text align=16

; ----------------------------------------------------------------------
; pick  (tables.fl:2)
        static main.pick
main.pick:
        push rbp
        mov rbp, rsp
        ; tables.fl:2: return match n {
        cmp rdi, [rel .const1]
        ja near .b6
        mov eax, 5
        mov ecx, edi
        cmp ecx, eax
        cmovb eax, ecx
        lea rcx, [rel .table1]
        movsxd rax, [rcx+rax*4]
        add rcx, rax
        jmp rcx
.table1:
        dd .b5 - .table1
        dd .b4 - .table1
        dd .b3 - .table1
        dd .b2 - .table1
        dd .b1 - .table1
        dd .b6 - .table1
        jmp near .b6
.b1:
        ; tables.fl:7: 4 => 7.0,
        mov rax, strict qword 0x401c000000000000
        movq xmm0, rax
        mov rsp, rbp
        pop rbp
        ret
.b2:
        ; tables.fl:6: 3 => x + 3.25,
        addsd xmm0, [rel .const2]
        mov rsp, rbp
        pop rbp
        ret
.b3:
        ; tables.fl:5: 2 => 1e300,
        mov rax, strict qword 0x7e37e43c8800759c
        movq xmm0, rax
        mov rsp, rbp
        pop rbp
        ret
.b4:
        mov rax, strict qword 0x8000000000000000
        movq xmm1, rax
        xorpd xmm0, xmm1
        mov rsp, rbp
        pop rbp
        ret
.b5:
        ; tables.fl:3: 0 => x * 0.5,
        mulsd xmm0, [rel .const3]
        mov rsp, rbp
        pop rbp
        ret
.b6:
        ; tables.fl:8: _ => abs(x),
        mov rax, strict qword 0x7fffffffffffffff
        movq xmm1, rax
        andpd xmm0, xmm1
        mov rsp, rbp
        pop rbp
        ret
        dd 0x00000000
.const1:
        dq 0x00000000ffffffff
        dq 0x0000000000000000
.const2:
        dq 0x400a000000000000 ; 3.25
        dq 0x0000000000000000
.const3:
        dq 0x3fe0000000000000 ; 0.5
        dq 0x0000000000000000
.end:

        section .rdata rdata align=16

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
        dd 0, 240, 0, 4
        dd 0
.end:

        align 4, db 0
        static flash$sites
flash$sites:
        ; return address, location
.end:

        align 4, db 0
        static flash$locations
flash$locations:
        ; file, line, column, function: offset, length, inlined at
.end:

        align 4, db 0
        static flash$files
flash$files:
        ; path: offset, length, text: offset, length
.end:

        static flash$strings
flash$strings:
        db "pick"
.end:

        align 4, db 0
        static flash$handlers
flash$handlers:
        ; return address, handler, frame size
.end:

        section .rdata rdata align=16

        align 8, db 0
        global flash_program
flash_program:
        dq "FLASHPRG"               ; magic
        dq 4                        ; ABI version
        dq 0                        ; bytes of globals
        dq flash$globals            ; descriptor of globals
        dq 0                        ; entry
        dq main.pick                ; text
        dq 240                      ; bytes of text
        dq flash$functions          ; functions
        dq 1                        ; how many
        dq flash$sites              ; sites
        dq 0                        ; how many
        dq flash$locations          ; locations
        dq 0                        ; how many
        dq flash$files              ; files
        dq 0                        ; how many
        dq flash$strings            ; strings
        dq 4                        ; bytes of strings
        dq flash$handlers           ; handlers
        dq 0                        ; how many
        dq 0                        ; errors
        dq 0                        ; how many
        dq 0                        ; code that describes an error
.end:

; How debuggers and profilers walk through the frames of the functions above.
        section .xdata rdata align=8
..@start_xdata:
        db 0x01, 0x04, 0x02, 0x05, 0x04, 0x03, 0x01, 0x50

; How debuggers and profilers walk through the frames of the functions above.
        section .pdata rdata align=4
..@start_pdata:
        dd main.pick wrt ..imagebase
        dd main.pick+240 wrt ..imagebase
        dd ..@start_xdata wrt ..imagebase
