package main

import (
	"fmt"
	"math"
	"os"
	"strconv"
)

func element(i, j int) float64 {
	return 1.0 / float64((i+j)*(i+j+1)/2+i+1)
}

func times(v, result []float64) {
	for i := range v {
		sum := 0.0
		for j := range v {
			sum += element(i, j) * v[j]
		}
		result[i] = sum
	}
}

func timesTransposed(v, result []float64) {
	for i := range v {
		sum := 0.0
		for j := range v {
			sum += element(j, i) * v[j]
		}
		result[i] = sum
	}
}

func main() {
	n, _ := strconv.Atoi(os.Args[1])
	u, v, between := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range u {
		u[i] = 1
	}
	for i := 0; i < 10; i++ {
		times(u, between)
		timesTransposed(between, v)
		times(v, between)
		timesTransposed(between, u)
	}
	uv, vv := 0.0, 0.0
	for i := range u {
		uv += u[i] * v[i]
		vv += v[i] * v[i]
	}
	fmt.Printf("%.9f\n", math.Sqrt(uv/vv))
}
