/* ProcessPrng, which Wine 8 does not have; Rust's standard library asks for it, and pydantic is written in Rust. */
#include <windows.h>
BOOLEAN WINAPI SystemFunction036(PVOID buffer, ULONG size);
__declspec(dllexport) BOOL WINAPI ProcessPrng(BYTE *data, SIZE_T size) { return SystemFunction036(data, (ULONG)size); }
