;; What the networks spend their time on, four 32-bit floats at a time (WebAssembly SIMD).
;; Addresses and lengths are in bytes. Reading and writing is safe at any address.
(module
  (import "live" "memory" (memory 1))

  ;; C[i, j] += sum over p < k of A[i, p] B[p, j],    i < m,  j < n
  ;;
  ;; B and C are row-major with n columns. A has two strides in bytes, from row to row and
  ;; from column to column, so a transposed A is only another pair of strides. k and n are
  ;; multiples of 4, n is at least 4; the caller sees to that.
  ;;
  ;; Two rows of A meet four rows of B in one pass, so that what is loaded is used often.
  ;; Where the eight numbers of A are all 0 there is nothing to add: four of five pixels of
  ;; a digit are 0. For an odd m the last pass has one row: the second is 0, and is added
  ;; to the same row of C once more.
  (func (export "addProduct")
    (param $A i32) (param $B i32) (param $C i32) (param $m i32) (param $k i32) (param $n i32)
    (param $rowA i32) (param $columnA i32)
    (local $p i32) (local $left i32) (local $rowB i32)
    (local $a i32) (local $e i32) (local $c i32) (local $d i32)
    (local $b0 i32) (local $b1 i32) (local $b2 i32) (local $b3 i32)
    (local $a0 v128) (local $a1 v128) (local $a2 v128) (local $a3 v128)
    (local $e0 v128) (local $e1 v128) (local $e2 v128) (local $e3 v128)
    (local $w0 v128) (local $w1 v128) (local $w2 v128) (local $w3 v128)
    (local.set $rowB (i32.shl (local.get $n) (i32.const 2)))
    (block $rows_done (loop $rows
      (br_if $rows_done (i32.le_s (local.get $m) (i32.const 0)))
      (local.set $p (local.get $k))
      (local.set $a (local.get $A))
      (local.set $b0 (local.get $B))
      (block $terms_done (loop $terms
        (br_if $terms_done (i32.le_s (local.get $p) (i32.const 0)))
        (local.set $e (i32.add (local.get $a) (local.get $rowA)))
        (local.set $a0 (v128.load32_splat (local.get $a)))
        (local.set $a (i32.add (local.get $a) (local.get $columnA)))
        (local.set $a1 (v128.load32_splat (local.get $a)))
        (local.set $a (i32.add (local.get $a) (local.get $columnA)))
        (local.set $a2 (v128.load32_splat (local.get $a)))
        (local.set $a (i32.add (local.get $a) (local.get $columnA)))
        (local.set $a3 (v128.load32_splat (local.get $a)))
        (local.set $a (i32.add (local.get $a) (local.get $columnA)))
        (local.set $c (local.get $C))
        (if (i32.gt_s (local.get $m) (i32.const 1))
          (then
            (local.set $d (i32.add (local.get $C) (local.get $rowB)))
            (local.set $e0 (v128.load32_splat (local.get $e)))
            (local.set $e (i32.add (local.get $e) (local.get $columnA)))
            (local.set $e1 (v128.load32_splat (local.get $e)))
            (local.set $e (i32.add (local.get $e) (local.get $columnA)))
            (local.set $e2 (v128.load32_splat (local.get $e)))
            (local.set $e (i32.add (local.get $e) (local.get $columnA)))
            (local.set $e3 (v128.load32_splat (local.get $e))))
          (else
            (local.set $d (local.get $C))
            (local.set $e0 (f32x4.splat (f32.const 0)))
            (local.set $e1 (local.get $e0))
            (local.set $e2 (local.get $e0))
            (local.set $e3 (local.get $e0))))
        (local.set $b1 (i32.add (local.get $b0) (local.get $rowB)))
        (local.set $b2 (i32.add (local.get $b1) (local.get $rowB)))
        (local.set $b3 (i32.add (local.get $b2) (local.get $rowB)))
        (if (v128.any_true
              (v128.or
                (v128.or (v128.or (local.get $a0) (local.get $a1))
                         (v128.or (local.get $a2) (local.get $a3)))
                (v128.or (v128.or (local.get $e0) (local.get $e1))
                         (v128.or (local.get $e2) (local.get $e3)))))
          (then
            (local.set $left (local.get $rowB))
            (loop $columns
              (v128.store (local.get $c)
                (f32x4.add (v128.load (local.get $c))
                  (f32x4.add
                    (f32x4.add
                      (f32x4.mul (local.get $a0)
                        (local.tee $w0 (v128.load (local.get $b0))))
                      (f32x4.mul (local.get $a1)
                        (local.tee $w1 (v128.load (local.get $b1)))))
                    (f32x4.add
                      (f32x4.mul (local.get $a2)
                        (local.tee $w2 (v128.load (local.get $b2))))
                      (f32x4.mul (local.get $a3)
                        (local.tee $w3 (v128.load (local.get $b3))))))))
              (v128.store (local.get $d)
                (f32x4.add (v128.load (local.get $d))
                  (f32x4.add
                    (f32x4.add
                      (f32x4.mul (local.get $e0) (local.get $w0))
                      (f32x4.mul (local.get $e1) (local.get $w1)))
                    (f32x4.add
                      (f32x4.mul (local.get $e2) (local.get $w2))
                      (f32x4.mul (local.get $e3) (local.get $w3))))))
              (local.set $c (i32.add (local.get $c) (i32.const 16)))
              (local.set $d (i32.add (local.get $d) (i32.const 16)))
              (local.set $b0 (i32.add (local.get $b0) (i32.const 16)))
              (local.set $b1 (i32.add (local.get $b1) (i32.const 16)))
              (local.set $b2 (i32.add (local.get $b2) (i32.const 16)))
              (local.set $b3 (i32.add (local.get $b3) (i32.const 16)))
              (br_if $columns
                (local.tee $left (i32.sub (local.get $left) (i32.const 16)))))
            ;; The pass has moved each pointer by a row: the last one is at the next four.
            (local.set $b0 (local.get $b3)))
          (else
            (local.set $b0 (i32.add (local.get $b3) (local.get $rowB)))))
        (local.set $p (i32.sub (local.get $p) (i32.const 4)))
        (br $terms)))
      (local.set $m (i32.sub (local.get $m) (i32.const 2)))
      (local.set $A (i32.add (local.get $A) (i32.shl (local.get $rowA) (i32.const 1))))
      (local.set $C (i32.add (local.get $C) (i32.shl (local.get $rowB) (i32.const 1))))
      (br $rows))))

  ;; x = max(0, x) in place; $length is a multiple of 16 above 0.
  (func (export "rectify") (param $x i32) (param $length i32)
    (loop $more
      (v128.store (local.get $x)
        (f32x4.max (v128.load (local.get $x)) (f32x4.splat (f32.const 0))))
      (local.set $x (i32.add (local.get $x) (i32.const 16)))
      (br_if $more (local.tee $length (i32.sub (local.get $length) (i32.const 16))))))

  ;; x = 1 / (1 + exp(-x)) in place; $length as above.
  ;;
  ;; exp(t) = 2^k exp(r) with k = round(t / log 2) and r = t - k log 2, |r| <= 0.35; 2^k is
  ;; made from its bits, and exp(r) is Cephes's polynomial of expf, exact to 2e-7 of itself.
  ;; Beyond 87 the result is 0 or 1 in 32 bits, up to 1e-38.
  (func (export "sigmoid") (param $x i32) (param $length i32)
    (local $t v128) (local $k v128)
    (loop $more
      (local.set $t
        (f32x4.min (f32x4.splat (f32.const 87))
          (f32x4.max (f32x4.splat (f32.const -87))
            (f32x4.neg (v128.load (local.get $x))))))
      (local.set $k
        (f32x4.nearest
          (f32x4.mul (local.get $t) (f32x4.splat (f32.const 1.44269504088896341)))))
      ;; log 2 in two parts, the first of few bits, so that k times it is exact
      (local.set $t
        (f32x4.sub
          (f32x4.sub (local.get $t)
            (f32x4.mul (local.get $k) (f32x4.splat (f32.const 0.693359375))))
          (f32x4.mul (local.get $k) (f32x4.splat (f32.const -2.12194440e-4)))))
      (v128.store (local.get $x)
        (f32x4.div (f32x4.splat (f32.const 1))
          (f32x4.add (f32x4.splat (f32.const 1))
            (f32x4.mul
              (i32x4.shl
                (i32x4.add (i32x4.trunc_sat_f32x4_s (local.get $k))
                  (i32x4.splat (i32.const 127)))
                (i32.const 23))
              (f32x4.add (f32x4.splat (f32.const 1))
                (f32x4.add (local.get $t)
                  (f32x4.mul (f32x4.mul (local.get $t) (local.get $t))
                    (f32x4.add (f32x4.splat (f32.const 5.0000001201e-1))
                      (f32x4.mul (local.get $t)
                        (f32x4.add (f32x4.splat (f32.const 1.6666665459e-1))
                          (f32x4.mul (local.get $t)
                            (f32x4.add (f32x4.splat (f32.const 4.1665795894e-2))
                              (f32x4.mul (local.get $t)
                                (f32x4.add (f32x4.splat (f32.const 8.3334519073e-3))
                                  (f32x4.mul (local.get $t)
                                    (f32x4.add (f32x4.splat (f32.const 1.3981999507e-3))
                                      (f32x4.mul (local.get $t)
                                        (f32x4.splat (f32.const 1.9875691500e-4)))))))))))))))))))
      (local.set $x (i32.add (local.get $x) (i32.const 16)))
      (br_if $more (local.tee $length (i32.sub (local.get $length) (i32.const 16)))))))
