; What the interpreter can do, in order.

(display "Squares: " (map (lambda (n) (* n n)) (range 1 11)))
(newline)

; Recursion; the call of loop is in tail position, so any number of rounds will do.
(define (factorial n)
  (define (loop n product)
    (if (= n 0) product (loop (- n 1) (* n product))))
  (loop n 1))
(display "20! = " (factorial 20))
(newline)

; Functions that make functions.
(define (compose f g) (lambda (x) (f (g x))))
(define inc-then-double (compose (lambda (x) (* 2 x)) (lambda (x) (+ x 1))))
(display "(5 + 1) * 2 = " (inc-then-double 5))
(newline)

; State, kept in a closure.
(define (make-account balance)
  (lambda (amount)
    (if (< (+ balance amount) 0)
        (error "not enough money:" balance)
        (begin (set! balance (+ balance amount)) balance))))
(define account (make-account 100))
(account 50)
(display "balance: " (account -30))
(newline)

; Programs are lists: this one differentiates others.
(define (derive expression)
  (cond ((number? expression) 0)
        ((symbol? expression) 1)
        ((eq? (car expression) '+)
         `(+ ,(derive (cadr expression)) ,(derive (cadr (cdr expression)))))
        ((eq? (car expression) '*)
         (let ((a (cadr expression)) (b (cadr (cdr expression))))
           `(+ (* ,(derive a) ,b) (* ,a ,(derive b)))))))
(display "derivative of (* x (+ x 3)): " (derive '(* x (+ x 3))))
(newline)

; Sorting and folding.
(define words '("pear" "fig" "banana"))
(display (sort words (lambda (a b) (< (string-length a) (string-length b)))))
(newline)
(display "longest: " (fold max 0 (map string-length words)))
(newline)

; And a mistake, which ends the program.
(account -500)
