;; C += A B in 32-bit floats, four columns at a time (WebAssembly SIMD).
;;
;;   C[i, j] += sum over p < k of A[i, p] B[p, j],    i < m,  j < n
;;
;; $A, $B, $C are byte addresses. B and C are row-major with n columns. A has two strides
;; in bytes, from row to row and from column to column, so a transposed A is only another
;; pair of strides. k and n are multiples of 4, n is at least 4; the caller sees to that.
;;
;; Four rows of B are added in one pass over a row of C, which quarters the traffic of C.
;; Where the four numbers of A are all 0 there is nothing to add: four of five pixels of a
;; digit are, and more than half of the rectified units.
(module
  (import "live" "memory" (memory 1))
  (func (export "addProduct")
    (param $A i32) (param $B i32) (param $C i32) (param $m i32) (param $k i32) (param $n i32)
    (param $rowA i32) (param $columnA i32)
    (local $i i32) (local $p i32) (local $left i32) (local $rowB i32)
    (local $a i32) (local $c i32) (local $b0 i32) (local $b1 i32) (local $b2 i32) (local $b3 i32)
    (local $a0 v128) (local $a1 v128) (local $a2 v128) (local $a3 v128)
    (local.set $rowB (i32.shl (local.get $n) (i32.const 2)))
    (block $rows_done (loop $rows
      (br_if $rows_done (i32.ge_s (local.get $i) (local.get $m)))
      (local.set $p (i32.const 0))
      (local.set $a (i32.add (local.get $A) (i32.mul (local.get $i) (local.get $rowA))))
      (local.set $b0 (local.get $B))
      (block $terms_done (loop $terms
        (br_if $terms_done (i32.ge_s (local.get $p) (local.get $k)))
        (local.set $a0 (v128.load32_splat (local.get $a)))
        (local.set $a (i32.add (local.get $a) (local.get $columnA)))
        (local.set $a1 (v128.load32_splat (local.get $a)))
        (local.set $a (i32.add (local.get $a) (local.get $columnA)))
        (local.set $a2 (v128.load32_splat (local.get $a)))
        (local.set $a (i32.add (local.get $a) (local.get $columnA)))
        (local.set $a3 (v128.load32_splat (local.get $a)))
        (local.set $a (i32.add (local.get $a) (local.get $columnA)))
        (local.set $b1 (i32.add (local.get $b0) (local.get $rowB)))
        (local.set $b2 (i32.add (local.get $b1) (local.get $rowB)))
        (local.set $b3 (i32.add (local.get $b2) (local.get $rowB)))
        (if (v128.any_true
              (v128.or (v128.or (local.get $a0) (local.get $a1))
                       (v128.or (local.get $a2) (local.get $a3))))
          (then
            (local.set $c
              (i32.add (local.get $C) (i32.mul (local.get $i) (local.get $rowB))))
            (local.set $left (local.get $rowB))
            (loop $columns
              (v128.store (local.get $c)
                (f32x4.add (v128.load (local.get $c))
                  (f32x4.add
                    (f32x4.add
                      (f32x4.mul (local.get $a0) (v128.load (local.get $b0)))
                      (f32x4.mul (local.get $a1) (v128.load (local.get $b1))))
                    (f32x4.add
                      (f32x4.mul (local.get $a2) (v128.load (local.get $b2)))
                      (f32x4.mul (local.get $a3) (v128.load (local.get $b3)))))))
              (local.set $c (i32.add (local.get $c) (i32.const 16)))
              (local.set $b0 (i32.add (local.get $b0) (i32.const 16)))
              (local.set $b1 (i32.add (local.get $b1) (i32.const 16)))
              (local.set $b2 (i32.add (local.get $b2) (i32.const 16)))
              (local.set $b3 (i32.add (local.get $b3) (i32.const 16)))
              (br_if $columns
                (local.tee $left (i32.sub (local.get $left) (i32.const 16)))))
            ;; The passes have moved each pointer by one row: $b0 belongs three further.
            (local.set $b0
              (i32.add (local.get $b0) (i32.mul (local.get $rowB) (i32.const 3)))))
          (else
            (local.set $b0 (i32.add (local.get $b3) (local.get $rowB)))))
        (local.set $p (i32.add (local.get $p) (i32.const 4)))
        (br $terms)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $rows)))))
