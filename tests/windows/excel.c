/* Takes Excel's place: does what VBA does with xlwings' DLL and with the object that it hands out.

   A command is a line of words, the answer is a line. Texts are written in hexadecimal digits of their UTF-8.
     load PATH                      loads the DLL                   -> loaded | refused ERROR
     activate MODE COMMAND          finds or starts Python, or kills it (MODE -1), and keeps the object
                                                                    -> STATUS VALUE
     compute FROM1904 NAME VALUE…   calls the object that is kept   -> ok VALUE | failed NUMBER TEXT
     repeat TIMES COMMAND NAME VALUE…  as a cell does: activate and compute, each time
                                                                    -> ok BEST MEAN (milliseconds) | failed NUMBER TEXT
     xlwings TIMES COMMAND MODULE NAME VALUE…  the same for a function of a module, called as xlwings' own add-in does
     method NAME                    the same for another method without arguments
   A VALUE is a letter for its kind, then what it holds: N1.5 number, I-3 whole number, Stext, B1 or B0, X2042 an error
   cell, C0.04 currency, D12.5 date, E blank, M left out, Z Null, and "[ ROWS COLUMNS VALUE…" for a range. */
#define COBJMACROS
#include <windows.h>
#include <oleauto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ERROR_CELL 0x800A0000 /* what Excel adds to the number of an error */

typedef int(__stdcall *Activate)(VARIANT *result, const char *command, int mode);

static Activate activate;
static IDispatch *python;
static char *rest; /* of the line that is read */

/* ---- words and texts ---- */

static char *next_word(void) {
    char *word = rest;
    rest += strcspn(rest, " ");
    if (*rest) *rest++ = 0;
    return word;
}

static BSTR from_hex(const char *hex) {
    int length = (int)strlen(hex) / 2;
    char *bytes = malloc(length + 1);
    for (int i = 0; i < length; i++) {
        char digits[3] = {hex[2 * i], hex[2 * i + 1], 0};
        bytes[i] = (char)strtol(digits, NULL, 16);
    }
    int letters = length ? MultiByteToWideChar(CP_UTF8, 0, bytes, length, NULL, 0) : 0;
    BSTR text = SysAllocStringLen(NULL, letters);
    MultiByteToWideChar(CP_UTF8, 0, bytes, length, text, letters);
    free(bytes);
    return text;
}

static void print_hex(BSTR text) {
    int letters = SysStringLen(text);
    unsigned char *bytes = malloc(4 * letters + 1);
    int length = letters ? WideCharToMultiByte(CP_UTF8, 0, text, letters, (char *)bytes, 4 * letters, NULL, NULL) : 0;
    for (int i = 0; i < length; i++) printf("%02x", bytes[i]);
    free(bytes);
}

/* VBA hands a text to a DLL in the code page of the PC */
static char *ansi_from_hex(const char *hex) {
    BSTR text = from_hex(hex);
    int size = WideCharToMultiByte(CP_ACP, 0, text, -1, NULL, 0, NULL, NULL);
    char *bytes = malloc(size);
    WideCharToMultiByte(CP_ACP, 0, text, -1, bytes, size, NULL, NULL);
    SysFreeString(text);
    return bytes;
}

/* ---- values ---- */

static void read_value(VARIANT *value) {
    char *word = next_word(), *held = word + 1;
    VariantInit(value);
    switch (*word) {
    case 'N': V_VT(value) = VT_R8; V_R8(value) = strtod(held, NULL); break;
    case 'I': V_VT(value) = VT_I4; V_I4(value) = atoi(held); break;
    case 'S': V_VT(value) = VT_BSTR; V_BSTR(value) = from_hex(held); break;
    case 'B': V_VT(value) = VT_BOOL; V_BOOL(value) = *held == '1' ? VARIANT_TRUE : VARIANT_FALSE; break;
    case 'X': V_VT(value) = VT_ERROR; V_ERROR(value) = (SCODE)(ERROR_CELL + atoi(held)); break;
    case 'C': V_VT(value) = VT_CY; VarCyFromR8(strtod(held, NULL), &V_CY(value)); break;
    case 'D': V_VT(value) = VT_DATE; V_DATE(value) = strtod(held, NULL); break;
    case 'M': V_VT(value) = VT_ERROR; V_ERROR(value) = DISP_E_PARAMNOTFOUND; break;
    case 'Z': V_VT(value) = VT_NULL; break;
    case 'E': break;
    case '[': {
        LONG rows = atol(next_word()), columns = atol(next_word()), at[2];
        SAFEARRAYBOUND bounds[2] = {{(ULONG)rows, 1}, {(ULONG)columns, 1}};
        V_VT(value) = VT_ARRAY | VT_VARIANT;
        V_ARRAY(value) = SafeArrayCreate(VT_VARIANT, 2, bounds);
        for (at[0] = 1; at[0] <= rows; at[0]++)
            for (at[1] = 1; at[1] <= columns; at[1]++) {
                VARIANT cell;
                read_value(&cell);
                SafeArrayPutElement(V_ARRAY(value), at, &cell);
                VariantClear(&cell);
            }
        break;
    }
    default: fprintf(stderr, "no value: %s\n", word); exit(2);
    }
}

static void print_value(VARIANT *value) {
    if (V_VT(value) == (VT_VARIANT | VT_BYREF)) {
        print_value(V_VARIANTREF(value));
    } else if (V_ISARRAY(value)) {
        SAFEARRAY *array = V_ISBYREF(value) ? *V_ARRAYREF(value) : V_ARRAY(value);
        UINT dimensions = SafeArrayGetDim(array);
        VARTYPE type;
        LONG low[2], high[2], at[2];
        SafeArrayGetVartype(array, &type);
        if (type != VT_VARIANT || dimensions != 2) { /* Excel would show something else than rows */
            printf("?array-of-%u-dimensions-type-%u", dimensions, type);
            return;
        }
        for (int i = 0; i < 2; i++) {
            SafeArrayGetLBound(array, i + 1, &low[i]);
            SafeArrayGetUBound(array, i + 1, &high[i]);
        }
        printf("[ %ld %ld", high[0] - low[0] + 1, high[1] - low[1] + 1);
        for (at[0] = low[0]; at[0] <= high[0]; at[0]++)
            for (at[1] = low[1]; at[1] <= high[1]; at[1]++) {
                VARIANT cell;
                VariantInit(&cell);
                SafeArrayGetElement(array, at, &cell);
                printf(" ");
                print_value(&cell);
                VariantClear(&cell);
            }
    } else switch (V_VT(value)) {
    case VT_EMPTY: printf("E"); break;
    case VT_NULL: printf("Z"); break;
    case VT_R8: printf("N%.17g", V_R8(value)); break;
    case VT_I4: printf("I%ld", (long)V_I4(value)); break;
    case VT_BOOL: printf("B%d", V_BOOL(value) != 0); break;
    case VT_ERROR: printf("X%lu", (unsigned long)(V_ERROR(value) - ERROR_CELL)); break;
    case VT_BSTR: printf("S"); print_hex(V_BSTR(value)); break;
    case VT_DATE: printf("D%.17g", V_DATE(value)); break;
    case VT_DISPATCH: printf("O"); break;
    default: printf("?type-%d", V_VT(value));
    }
}

/* ---- what VBA does ---- */

static int find_python(const char *command, int mode, VARIANT *result) {
    VariantInit(result);
    int status = activate(result, command, mode);
    if (python) IDispatch_Release(python);
    python = NULL;
    if (!status && V_VT(result) == VT_DISPATCH) {
        python = V_DISPATCH(result);
        IDispatch_AddRef(python);
    }
    return status;
}

/* arguments: the last one first */
static HRESULT invoke(const WCHAR *method, VARIANT *arguments, int count, VARIANT *answer, EXCEPINFO *fault) {
    DISPPARAMS parameters = {arguments, NULL, (UINT)count, 0};
    LPOLESTR name = (LPOLESTR)method;
    DISPID id;
    VariantInit(answer);
    memset(fault, 0, sizeof *fault);
    if (!python) return RPC_E_DISCONNECTED;
    HRESULT status = IDispatch_GetIDsOfNames(python, &IID_NULL, &name, 1, LOCALE_USER_DEFAULT, &id);
    if (FAILED(status)) return status;
    return IDispatch_Invoke(python, id, &IID_NULL, LOCALE_USER_DEFAULT, DISPATCH_METHOD | DISPATCH_PROPERTYGET,
                            &parameters, answer, fault, NULL);
}

static void print_fault(HRESULT status, EXCEPINFO *fault) { /* as Err.Number and Err.Description */
    if (status == DISP_E_EXCEPTION) {
        if (fault->pfnDeferredFillIn) fault->pfnDeferredFillIn(fault);
        printf("failed %ld ", (long)(fault->scode ? fault->scode : fault->wCode));
        print_hex(fault->bstrDescription);
    } else {
        printf("failed %ld ", (long)status);
    }
    printf("\n");
}

static void read_text(VARIANT *argument) {
    V_VT(argument) = VT_BSTR;
    V_BSTR(argument) = from_hex(next_word());
}

/* The rest of the line is the values of a cell's function */
static void read_values(VARIANT *argument) {
    VARIANT values[64];
    int count = 0;
    while (*rest) read_value(&values[count++]);
    SAFEARRAYBOUND bound = {(ULONG)count, 0};
    V_VT(argument) = VT_ARRAY | VT_VARIANT;
    V_ARRAY(argument) = SafeArrayCreate(VT_VARIANT, 1, &bound);
    for (LONG i = 0; i < count; i++) {
        SafeArrayPutElement(V_ARRAY(argument), &i, &values[i]);
        VariantClear(&values[i]);
    }
}

/* The rest of the line is the name and the values of a cell's function */
static void read_call(VARIANT arguments[3], VARIANT_BOOL from_1904) {
    read_text(&arguments[2]);
    read_values(&arguments[1]);
    V_VT(&arguments[0]) = VT_BOOL;
    V_BOOL(&arguments[0]) = from_1904;
}

/* The same for a function of xlwings: module, name, values */
static void read_xlwings_call(VARIANT arguments[3]) {
    read_text(&arguments[2]);
    read_text(&arguments[1]);
    read_values(&arguments[0]);
}

static double milliseconds(void) {
    LARGE_INTEGER ticks, per_second;
    QueryPerformanceCounter(&ticks);
    QueryPerformanceFrequency(&per_second);
    return 1e3 * (double)ticks.QuadPart / (double)per_second.QuadPart;
}

static void repeat(int times, const char *command, const WCHAR *method, VARIANT arguments[3]) {
    VARIANT answer, result;
    EXCEPINFO fault;
    double best = 1e18, sum = 0;
    for (int i = 0; i < times; i++) {
        double start = milliseconds();
        HRESULT status = find_python(command, 1, &result);
        VariantClear(&result);
        if (!status) status = invoke(method, arguments, 3, &answer, &fault);
        double taken = milliseconds() - start;
        if (FAILED(status)) {
            print_fault(status, &fault);
            return;
        }
        VariantClear(&answer);
        sum += taken;
        if (taken < best) best = taken;
    }
    printf("ok %.3f %.3f\n", best, sum / times);
}

static void answer_line(void) {
    VARIANT arguments[3], answer;
    EXCEPINFO fault;
    char *what = next_word();
    if (!strcmp(what, "load")) {
        char *path = ansi_from_hex(next_word());
        HMODULE library = LoadLibraryA(path);
        activate = library ? (Activate)(void *)GetProcAddress(library, "XLPyDLLActivateAuto") : NULL;
        if (activate) printf("loaded\n"); else printf("refused %lu\n", GetLastError());
        free(path);
    } else if (!strcmp(what, "activate")) {
        int mode = atoi(next_word());
        char *command = ansi_from_hex(next_word());
        printf("%d ", find_python(command, mode, &answer));
        print_value(&answer);
        printf("\n");
        VariantClear(&answer);
        free(command);
    } else if (!strcmp(what, "compute") || !strcmp(what, "method")) {
        HRESULT status;
        if (*what == 'c') {
            VARIANT_BOOL from_1904 = *next_word() == '1' ? VARIANT_TRUE : VARIANT_FALSE;
            read_call(arguments, from_1904);
            status = invoke(L"Compute", arguments, 3, &answer, &fault);
            for (int i = 0; i < 3; i++) VariantClear(&arguments[i]);
        } else {
            BSTR name = from_hex(next_word());
            status = invoke(name, NULL, 0, &answer, &fault);
            SysFreeString(name);
        }
        if (FAILED(status)) {
            print_fault(status, &fault);
            return;
        }
        printf("ok ");
        print_value(&answer);
        printf("\n");
        VariantClear(&answer);
    } else if (!strcmp(what, "repeat") || !strcmp(what, "xlwings")) {
        int times = atoi(next_word());
        char *command = ansi_from_hex(next_word());
        if (*what == 'r') read_call(arguments, VARIANT_FALSE); else read_xlwings_call(arguments);
        repeat(times, command, *what == 'r' ? L"Compute" : L"CallUDF", arguments);
        for (int i = 0; i < 3; i++) VariantClear(&arguments[i]);
        free(command);
    } else {
        printf("unknown\n");
    }
}

int main(void) {
    size_t size = 64 << 20; /* 500 × 500 numbers are 6 MB */
    char *line = malloc(size);
    static char buffer[1 << 16];
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    CoInitialize(NULL);
    while (fgets(line, (int)size, stdin)) {
        line[strcspn(line, "\r\n")] = 0;
        rest = line;
        answer_line();
        fflush(stdout);
    }
    return 0;
}
