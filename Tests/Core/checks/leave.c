// Errors whose damage exists when the program ends, or that end the program: for MEMSCOPE_ON_ERROR=abort.
#include <stdlib.h>
#include <string.h>

int main(int count, char **arguments) {
    char *volatile p = malloc(100);
    const char *crime = count > 1 ? arguments[1] : "";
    if (strcmp(crime, "overflow") == 0) p[100] = 1;
    if (strcmp(crime, "underflow") == 0) p[-1] ^= 1;
    if (strcmp(crime, "freed") == 0) {
        free(p);
        p[50] = 1;
    }
    if (strcmp(crime, "twice") == 0) {
        free(p);
        free(p);
    }
    return 17;
}
