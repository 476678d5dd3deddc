;; Adam's step, four 32-bit floats at a time; the formula is that of src/trainer/adam.js.
;; Addresses and the length are in bytes, and the length is a multiple of 16 above 0.
(module
  (import "live" "memory" (memory 1))

  (func (export "descend")
    (param $weights i32) (param $gradients i32) (param $first i32) (param $second i32)
    (param $length i32) (param $size f32)
    (local $g v128) (local $m v128) (local $v v128)
    (loop $more
      (local.set $g (v128.load (local.get $gradients)))
      (local.set $m (v128.load (local.get $first)))
      (local.set $v (v128.load (local.get $second)))
      ;; 1 - beta_1 = 0.1
      (local.set $m
        (f32x4.add (local.get $m)
          (f32x4.mul (f32x4.splat (f32.const 0.1))
            (f32x4.sub (local.get $g) (local.get $m)))))
      ;; 1 - beta_2 = 0.001
      (local.set $v
        (f32x4.add (local.get $v)
          (f32x4.mul (f32x4.splat (f32.const 0.001))
            (f32x4.sub (f32x4.mul (local.get $g) (local.get $g)) (local.get $v)))))
      (v128.store (local.get $first) (local.get $m))
      (v128.store (local.get $second) (local.get $v))
      (v128.store (local.get $weights)
        (f32x4.sub (v128.load (local.get $weights))
          (f32x4.div
            (f32x4.mul (f32x4.splat (local.get $size)) (local.get $m))
            ;; Keras's epsilon
            (f32x4.add (f32x4.sqrt (local.get $v)) (f32x4.splat (f32.const 1e-7))))))
      (local.set $weights (i32.add (local.get $weights) (i32.const 16)))
      (local.set $gradients (i32.add (local.get $gradients) (i32.const 16)))
      (local.set $first (i32.add (local.get $first) (i32.const 16)))
      (local.set $second (i32.add (local.get $second) (i32.const 16)))
      (br_if $more (local.tee $length (i32.sub (local.get $length) (i32.const 16)))))))
