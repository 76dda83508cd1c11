;; The loop that a search spends its time in: how similar the sketched rows of a block can at most be to the probes of a group,
;; and which are worth an exact look. sketch-kernel.ts lays the memory out and says what is where; `npm run build` compiles this.
;;
;; One row at a time, by four probes, two, or one: its codes are widened from int8 to int16, multiplied with each probe's, and
;; summed in int32, which cannot overflow (see `sketchProbe`). In words of JavaScript:
;;
;;   for (row = 0; row < rows; row++) {
;;     sums[probe] += codes[column] * probeCodes[probe][column]            for every column and probe
;;     atMost[probe] = sums[probe] * rowScale * scales[probe] + rowError * lengths[probe]
;;     mask = bit of every probe with atMost[probe] >= thresholds[probe]
;;     if (mask !== 0) hits[hitCount++] = row << 4 | mask
;;   }
(module
  (import "env" "memory" (memory 1))

  ;; The bits of the probes that a row is a hit of. $sum0 to $sum3: partial sums of each probe; $group: scales, lengths and
  ;; thresholds, four float32 each; $trailer: the row's scale, then its error.
  (func $mask (param $sum0 v128) (param $sum1 v128) (param $sum2 v128) (param $sum3 v128) (param $group i32) (param $trailer i32)
    (result i32)
    (local $pairs01 v128) (local $pairs23 v128) (local $totals v128)
    ;; Four vectors of partial sums become one vector of totals.
    (local.set $pairs01
      (i32x4.add
        (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $sum0) (local.get $sum1))
        (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $sum0) (local.get $sum1))))
    (local.set $pairs23
      (i32x4.add
        (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $sum2) (local.get $sum3))
        (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $sum2) (local.get $sum3))))
    (local.set $totals
      (i32x4.add
        (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $pairs01) (local.get $pairs23))
        (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $pairs01) (local.get $pairs23))))
    (i32x4.bitmask
      (f32x4.ge
        (f32x4.add
          (f32x4.mul
            (f32x4.convert_i32x4_s (local.get $totals))
            (f32x4.mul (v128.load (local.get $group)) (v128.load32_splat (local.get $trailer))))
          (f32x4.mul (v128.load offset=16 (local.get $group)) (v128.load32_splat offset=4 (local.get $trailer))))
        (v128.load offset=32 (local.get $group)))))

  ;; $rows: how many of the block; $group: where the group lies; $columns: of a row, a multiple of 16; $hits: where hits go.
  ;; The result is how many hits there are.
  (func (export "scan4") (param $rows i32) (param $group i32) (param $columns i32) (param $hits i32) (result i32)
    (local $row i32) (local $at i32) (local $end i32) (local $mask i32) (local $hit i32)
    (local $probe0 i32) (local $probe1 i32) (local $probe2 i32) (local $probe3 i32)
    (local $codes v128) (local $sum0 v128) (local $sum1 v128) (local $sum2 v128) (local $sum3 v128)
    (local.set $hit (local.get $hits))
    (loop $each_row
      (local.set $sum0 (v128.const i32x4 0 0 0 0))
      (local.set $sum1 (v128.const i32x4 0 0 0 0))
      (local.set $sum2 (v128.const i32x4 0 0 0 0))
      (local.set $sum3 (v128.const i32x4 0 0 0 0))
      (local.set $end (i32.add (local.get $at) (local.get $columns)))
      (local.set $probe0 (i32.add (local.get $group) (i32.const 48)))
      (local.set $probe1 (i32.add (local.get $probe0) (i32.shl (local.get $columns) (i32.const 1))))
      (local.set $probe2 (i32.add (local.get $probe1) (i32.shl (local.get $columns) (i32.const 1))))
      (local.set $probe3 (i32.add (local.get $probe2) (i32.shl (local.get $columns) (i32.const 1))))
      (loop $sixteen_columns
        (local.set $codes (v128.load8x8_s (local.get $at)))
        (local.set $sum0
          (i32x4.add (local.get $sum0) (i32x4.dot_i16x8_s (local.get $codes) (v128.load (local.get $probe0)))))
        (local.set $sum1
          (i32x4.add (local.get $sum1) (i32x4.dot_i16x8_s (local.get $codes) (v128.load (local.get $probe1)))))
        (local.set $sum2
          (i32x4.add (local.get $sum2) (i32x4.dot_i16x8_s (local.get $codes) (v128.load (local.get $probe2)))))
        (local.set $sum3
          (i32x4.add (local.get $sum3) (i32x4.dot_i16x8_s (local.get $codes) (v128.load (local.get $probe3)))))
        (local.set $codes (v128.load8x8_s offset=8 (local.get $at)))
        (local.set $sum0
          (i32x4.add (local.get $sum0) (i32x4.dot_i16x8_s (local.get $codes) (v128.load offset=16 (local.get $probe0)))))
        (local.set $sum1
          (i32x4.add (local.get $sum1) (i32x4.dot_i16x8_s (local.get $codes) (v128.load offset=16 (local.get $probe1)))))
        (local.set $sum2
          (i32x4.add (local.get $sum2) (i32x4.dot_i16x8_s (local.get $codes) (v128.load offset=16 (local.get $probe2)))))
        (local.set $sum3
          (i32x4.add (local.get $sum3) (i32x4.dot_i16x8_s (local.get $codes) (v128.load offset=16 (local.get $probe3)))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (local.set $probe0 (i32.add (local.get $probe0) (i32.const 32)))
        (local.set $probe1 (i32.add (local.get $probe1) (i32.const 32)))
        (local.set $probe2 (i32.add (local.get $probe2) (i32.const 32)))
        (local.set $probe3 (i32.add (local.get $probe3) (i32.const 32)))
        (br_if $sixteen_columns (i32.lt_s (local.get $at) (local.get $end))))
      (local.set $mask
        (call $mask
          (local.get $sum0) (local.get $sum1) (local.get $sum2) (local.get $sum3) (local.get $group) (local.get $at)))
      (if (local.get $mask)
        (then
          (i32.store (local.get $hit) (i32.or (i32.shl (local.get $row) (i32.const 4)) (local.get $mask)))
          (local.set $hit (i32.add (local.get $hit) (i32.const 4)))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (local.set $row (i32.add (local.get $row) (i32.const 1)))
      (br_if $each_row (i32.lt_s (local.get $row) (local.get $rows))))
    (i32.shr_u (i32.sub (local.get $hit) (local.get $hits)) (i32.const 2)))

  ;; As scan4, of two probes.
  (func (export "scan2") (param $rows i32) (param $group i32) (param $columns i32) (param $hits i32) (result i32)
    (local $row i32) (local $at i32) (local $end i32) (local $mask i32) (local $hit i32)
    (local $probe0 i32) (local $probe1 i32)
    (local $codes v128) (local $sum0 v128) (local $sum1 v128)
    (local.set $hit (local.get $hits))
    (loop $each_row
      (local.set $sum0 (v128.const i32x4 0 0 0 0))
      (local.set $sum1 (v128.const i32x4 0 0 0 0))
      (local.set $end (i32.add (local.get $at) (local.get $columns)))
      (local.set $probe0 (i32.add (local.get $group) (i32.const 48)))
      (local.set $probe1 (i32.add (local.get $probe0) (i32.shl (local.get $columns) (i32.const 1))))
      (loop $sixteen_columns
        (local.set $codes (v128.load8x8_s (local.get $at)))
        (local.set $sum0
          (i32x4.add (local.get $sum0) (i32x4.dot_i16x8_s (local.get $codes) (v128.load (local.get $probe0)))))
        (local.set $sum1
          (i32x4.add (local.get $sum1) (i32x4.dot_i16x8_s (local.get $codes) (v128.load (local.get $probe1)))))
        (local.set $codes (v128.load8x8_s offset=8 (local.get $at)))
        (local.set $sum0
          (i32x4.add (local.get $sum0) (i32x4.dot_i16x8_s (local.get $codes) (v128.load offset=16 (local.get $probe0)))))
        (local.set $sum1
          (i32x4.add (local.get $sum1) (i32x4.dot_i16x8_s (local.get $codes) (v128.load offset=16 (local.get $probe1)))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (local.set $probe0 (i32.add (local.get $probe0) (i32.const 32)))
        (local.set $probe1 (i32.add (local.get $probe1) (i32.const 32)))
        (br_if $sixteen_columns (i32.lt_s (local.get $at) (local.get $end))))
      (local.set $mask
        (call $mask
          (local.get $sum0) (local.get $sum1) (v128.const i32x4 0 0 0 0) (v128.const i32x4 0 0 0 0)
          (local.get $group) (local.get $at)))
      (if (local.get $mask)
        (then
          (i32.store (local.get $hit) (i32.or (i32.shl (local.get $row) (i32.const 4)) (local.get $mask)))
          (local.set $hit (i32.add (local.get $hit) (i32.const 4)))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (local.set $row (i32.add (local.get $row) (i32.const 1)))
      (br_if $each_row (i32.lt_s (local.get $row) (local.get $rows))))
    (i32.shr_u (i32.sub (local.get $hit) (local.get $hits)) (i32.const 2)))

  ;; As scan4, of one probe.
  (func (export "scan1") (param $rows i32) (param $group i32) (param $columns i32) (param $hits i32) (result i32)
    (local $row i32) (local $at i32) (local $end i32) (local $mask i32) (local $hit i32)
    (local $probe i32)
    (local $sum v128)
    (local.set $hit (local.get $hits))
    (loop $each_row
      (local.set $sum (v128.const i32x4 0 0 0 0))
      (local.set $end (i32.add (local.get $at) (local.get $columns)))
      (local.set $probe (i32.add (local.get $group) (i32.const 48)))
      (loop $sixteen_columns
        (local.set $sum
          (i32x4.add
            (local.get $sum)
            (i32x4.dot_i16x8_s (v128.load8x8_s (local.get $at)) (v128.load (local.get $probe)))))
        (local.set $sum
          (i32x4.add
            (local.get $sum)
            (i32x4.dot_i16x8_s (v128.load8x8_s offset=8 (local.get $at)) (v128.load offset=16 (local.get $probe)))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (local.set $probe (i32.add (local.get $probe) (i32.const 32)))
        (br_if $sixteen_columns (i32.lt_s (local.get $at) (local.get $end))))
      (local.set $mask
        (call $mask
          (local.get $sum) (v128.const i32x4 0 0 0 0) (v128.const i32x4 0 0 0 0) (v128.const i32x4 0 0 0 0)
          (local.get $group) (local.get $at)))
      (if (local.get $mask)
        (then
          (i32.store (local.get $hit) (i32.or (i32.shl (local.get $row) (i32.const 4)) (local.get $mask)))
          (local.set $hit (i32.add (local.get $hit) (i32.const 4)))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (local.set $row (i32.add (local.get $row) (i32.const 1)))
      (br_if $each_row (i32.lt_s (local.get $row) (local.get $rows))))
    (i32.shr_u (i32.sub (local.get $hit) (local.get $hits)) (i32.const 2))))
