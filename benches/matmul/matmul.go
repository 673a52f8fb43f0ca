package main

import (
	"fmt"
	"os"
	"strconv"
)

func matrix(n int, seed float64) []float64 {
	m := make([]float64, n*n)
	for i := 0; i < n; i++ {
		for j := 0; j < n; j++ {
			m[i*n+j] = seed * float64(i-j) * float64(i+j)
		}
	}
	return m
}

func multiply(a, b []float64, n int) []float64 {
	c := make([]float64, n*n)
	for i := 0; i < n; i++ {
		for k := 0; k < n; k++ {
			factor := a[i*n+k]
			for j := 0; j < n; j++ {
				c[i*n+j] += factor * b[k*n+j]
			}
		}
	}
	return c
}

func main() {
	n, _ := strconv.Atoi(os.Args[1])
	scale := 1.0 / float64(n*n)
	c := multiply(matrix(n, scale), matrix(n, 2.0*scale), n)
	fmt.Printf("%.6f\n", c[n/2*n+n/2])
}
