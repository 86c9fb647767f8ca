/* math64.h - logarithm and exponential in double with the same bits on every machine.
 *
 * The C library's differ in the last bit between processors with and without fused multiply-add, so whatever
 * reaches a printed number, a seed's numbers or a saved file uses these. Written with + - * / alone (and the exact
 * frexp and ldexp); build with contraction off. Relative error below 4e-16 for normal results.
 */
#ifndef LSTMFC_MATH64_H
#define LSTMFC_MATH64_H

/* Natural logarithm: -infinity at 0, NaN below. */
double math64_log(double x);

/* log(1 + x) without the loss near 0. -infinity at -1, NaN below. */
double math64_log1p(double x);

/* e^x: 0 and infinity beyond the range; gradual underflow. */
double math64_exp(double x);

#endif
