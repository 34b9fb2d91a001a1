/* The functions on complex numbers of C99, which Wine's ucrtbase.dll lacks and numpy imports. `target.py` reads the
   names here and exports each as Windows does: NAME for double, NAMEf for float, NAMEl (long double is double). */
#include <complex.h>
#include <math.h>

typedef struct { double part[2]; } D; /* as Microsoft's compiler passes complex numbers: as a struct of two */
typedef struct { float part[2]; } F;

static double complex of_d(D z) { return __builtin_complex(z.part[0], z.part[1]); }
static float complex of_f(F z) { return __builtin_complex(z.part[0], z.part[1]); }
static D to_d(double complex z) { D parts = {{creal(z), cimag(z)}}; return parts; }
static F to_f(float complex z) { F parts = {{crealf(z), cimagf(z)}}; return parts; }

static double complex log10_d(double complex z) { return clog(z) / 2.302585092994045684; }
static float complex log10_f(float complex z) { return clogf(z) / 2.302585092994045684f; }
static double norm_d(double complex z) { return creal(z) * creal(z) + cimag(z) * cimag(z); }
static float norm_f(float complex z) { return crealf(z) * crealf(z) + cimagf(z) * cimagf(z); }

#define COMPLEX(name, on_d, on_f) \
    D my_##name(D z) { return to_d(on_d(of_d(z))); } \
    F my_##name##f(F z) { return to_f(on_f(of_f(z))); }
#define REAL(name, on_d, on_f) \
    double my_##name(D z) { return on_d(of_d(z)); } \
    float my_##name##f(F z) { return on_f(of_f(z)); }

COMPLEX(cacos, cacos, cacosf)
COMPLEX(cacosh, cacosh, cacoshf)
COMPLEX(casin, casin, casinf)
COMPLEX(casinh, casinh, casinhf)
COMPLEX(catan, catan, catanf)
COMPLEX(catanh, catanh, catanhf)
COMPLEX(ccos, ccos, ccosf)
COMPLEX(ccosh, ccosh, ccoshf)
COMPLEX(cexp, cexp, cexpf)
COMPLEX(clog, clog, clogf)
COMPLEX(clog10, log10_d, log10_f)
COMPLEX(conj, conj, conjf)
COMPLEX(cproj, cproj, cprojf)
COMPLEX(csin, csin, csinf)
COMPLEX(csinh, csinh, csinhf)
COMPLEX(csqrt, csqrt, csqrtf)
COMPLEX(ctan, ctan, ctanf)
COMPLEX(ctanh, ctanh, ctanhf)
REAL(cabs, cabs, cabsf)
REAL(carg, carg, cargf)
REAL(cimag, cimag, cimagf)
REAL(creal, creal, crealf)
REAL(norm, norm_d, norm_f)

D my_cpow(D a, D b) { return to_d(cpow(of_d(a), of_d(b))); }
F my_cpowf(F a, F b) { return to_f(cpowf(of_f(a), of_f(b))); }

/* What Microsoft has in place of the operators: make, complex times complex, complex times real */
D my__Cbuild(double re, double im) { D parts = {{re, im}}; return parts; }
F my__FCbuild(float re, float im) { F parts = {{re, im}}; return parts; }
D my__Cmulcc(D a, D b) { return to_d(of_d(a) * of_d(b)); }
F my__FCmulcc(F a, F b) { return to_f(of_f(a) * of_f(b)); }
D my__Cmulcr(D a, double b) { return to_d(of_d(a) * b); }
F my__FCmulcr(F a, float b) { return to_f(of_f(a) * b); }
