/* Complex functions that Wine 8's C runtime has only as stubs, with Windows' calling convention. numpy calls them on import. */
#include <complex.h>
typedef struct { double parts[2]; } Double;
typedef struct { float parts[2]; } Float;
static double complex from_double(Double a) { double complex z; __real__ z = a.parts[0]; __imag__ z = a.parts[1]; return z; }
static float complex from_float(Float a) { float complex z; __real__ z = a.parts[0]; __imag__ z = a.parts[1]; return z; }
static Double to_double(double complex z) { Double a = {{__real__ z, __imag__ z}}; return a; }
static Float to_float(float complex z) { Float a = {{__real__ z, __imag__ z}}; return a; }
#define REAL(name) \
    double x_##name(Double a) { return name(from_double(a)); } \
    float x_##name##f(Float a) { return name##f(from_float(a)); }
#define COMPLEX(name) \
    Double x_##name(Double a) { return to_double(name(from_double(a))); } \
    Float x_##name##f(Float a) { return to_float(name##f(from_float(a))); }
REAL(creal) REAL(cimag) REAL(carg) REAL(cabs)
COMPLEX(cexp) COMPLEX(ccos) COMPLEX(ccosh) COMPLEX(csin) COMPLEX(csinh) COMPLEX(ctan) COMPLEX(ctanh) COMPLEX(csqrt)
COMPLEX(clog) COMPLEX(casin) COMPLEX(cacos) COMPLEX(catan) COMPLEX(casinh) COMPLEX(cacosh) COMPLEX(catanh)
Double x_cpow(Double a, Double b) { return to_double(cpow(from_double(a), from_double(b))); }
Float x_cpowf(Float a, Float b) { return to_float(cpowf(from_float(a), from_float(b))); }
