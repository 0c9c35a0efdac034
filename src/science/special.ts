import { invalid } from '#kernel/errors'

/**
 * P(Z <= x) for a standard normal Z, to about 1e-14 relative in the lower tail too: the Taylor series
 * of the centre and the continued fraction of the tail (Abramowitz and Stegun 26.2.11, 26.2.14).
 */
export function normalCdf(x: number): number {
  const z = Math.abs(x)
  if (z === Infinity) return x > 0 ? 1 : 0
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)
  if (z < 2) return 0.5 + Math.sign(x) * density * centralSeries(z)
  const tail = density / tailFraction(z)
  return x > 0 ? 1 - tail : tail
}

/** z + z^3 / 3 + z^5 / (3 * 5) + … */
function centralSeries(z: number): number {
  let term = z
  let sum = z
  for (let odd = 3; term > 1e-17 * sum; odd += 2) {
    term *= (z * z) / odd
    sum += term
  }
  return sum
}

/** z + 1 / (z + 2 / (z + 3 / …)) */
function tailFraction(z: number): number {
  let fraction = z
  for (let depth = 100; depth >= 1; depth--) fraction = z + depth / fraction
  return fraction
}

/**
 * The x with P(Z <= x) = p for a standard normal Z, to 1e-15 relative (Wichura 1988, AS 241).
 *
 * Errors: `invalid` for p outside [0, 1].
 */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) throw invalid(`A probability must be from 0 to 1, got ${p}.`)
  if (p === 0 || p === 1) return p === 0 ? -Infinity : Infinity
  const q = p - 0.5
  if (Math.abs(q) <= 0.425) return centralQuantile(q)
  const r = Math.sqrt(-Math.log(Math.min(p, 1 - p)))
  return Math.sign(q) * (r <= 5 ? nearTail(r - 1.6) : farTail(r - 5))
}

function centralQuantile(q: number): number {
  const r = 0.180625 - q * q
  const above = [
    2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946,
    1971.5909503065513, 133.14166789178438, 3.3871328727963665,
  ]
  const below = [
    5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751,
    687.1870074920579, 42.31333070160091, 1,
  ]
  return (q * polynomial(above, r)) / polynomial(below, r)
}

function nearTail(r: number): number {
  const above = [
    0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684,
    3.6478483247632045, 5.769497221460691, 4.630337846156546, 1.4234371107496835,
  ]
  const below = [
    1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008,
    0.6897673349851, 1.6763848301838038, 2.053191626637759, 1,
  ]
  return polynomial(above, r) / polynomial(below, r)
}

function farTail(r: number): number {
  const above = [
    2.0103343992922881e-7, 2.7115555687434876e-5, 0.0012426609473880784, 0.026532189526576124,
    0.29656057182850487, 1.7848265399172913, 5.463784911164114, 6.657904643501103,
  ]
  const below = [
    2.0442631033899397e-15, 1.421511758316446e-7, 1.8463183175100548e-5, 0.0007868691311456133,
    0.014875361290850615, 0.1369298809227358, 0.599832206555888, 1,
  ]
  return polynomial(above, r) / polynomial(below, r)
}

/** Horner's rule, highest power first. */
function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0)
}

/** P(T <= x) for Student's t with `degrees` > 0 degrees of freedom, to about 1e-12; 1e-10 for 1e5. */
export function studentTCdf(x: number, degrees: number): number {
  const tail = regularizedBeta(degrees / (degrees + x * x), degrees / 2, 0.5) / 2
  return x > 0 ? 1 - tail : tail
}

/** The x with P(T <= x) = p for Student's t, by bisection, as exact as `studentTCdf`; p in (0, 1). */
export function studentTQuantile(p: number, degrees: number): number {
  if (p < 0.5) return -studentTQuantile(1 - p, degrees)
  let low = 0
  let high = 1
  while (studentTCdf(high, degrees) < p) {
    low = high
    high *= 2
  }
  for (let step = 0; step < 100 && high - low > 1e-14 * high; step++) {
    const middle = (low + high) / 2
    if (studentTCdf(middle, degrees) < p) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** I_x(a, b), the regularised incomplete beta function, by its continued fraction (DLMF 8.17.22). */
function regularizedBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  if (x > (a + 1) / (a + b + 2)) return 1 - regularizedBeta(1 - x, b, a)
  const logBeta = logGamma(a) + logGamma(b) - logGamma(a + b)
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - logBeta) / a
  return front * betaFraction(x, a, b)
}

/** Lentz's algorithm. */
function betaFraction(x: number, a: number, b: number): number {
  let c = 1
  let d = 1 / (1 - ((a + b) * x) / (a + 1))
  let fraction = d
  for (let m = 1; m <= 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / (1 + even * d)
    c = 1 + even / c
    fraction *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / (1 + odd * d)
    c = 1 + odd / c
    fraction *= d * c
    if (Math.abs(d * c - 1) < 1e-16) break
  }
  return fraction
}

/** log of the gamma function for x > 0 (Lanczos, g = 7, nine terms), to about 1e-14. */
function logGamma(x: number): number {
  const terms = [
    676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406,
    12.507343278686905, -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
  ]
  const base = x + 6.5
  const series = terms.reduce((sum, term, index) => sum + term / (x + index), 0.9999999999998099)
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(base) - base + Math.log(series)
}
