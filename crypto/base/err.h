/* err.h - the one error type.
 *
 * A function that can fail returns sch_err. The code says what its caller can do about it; the text is a
 * literal, never data, so that an error can be logged and shown anywhere. Names, counts and line numbers that
 * help a person travel beside it in a sch_detail, which never holds a value from a file or a secret.
 *
 *     sch_err err = SCH_NONE;
 *     SCH_TRY(sch_check(rows > 0, SCH_BAD_INPUT, "the data set has no rows"));
 *     SCH_TRY(sch_perm_init(&perm, rows));
 * out:
 *     sch_perm_clear(&perm);
 *     return err;
 */
#ifndef SCH_CRYPTO_BASE_ERR_H
#define SCH_CRYPTO_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

/* Clang warns of every result of this type that is dropped; gcc knows the attribute on functions only. */
#if defined(__clang__)
#define SCH_MUST_USE __attribute__((warn_unused_result))
#else
#define SCH_MUST_USE
#endif

typedef enum sch_code {
    SCH_OK = 0,
    SCH_BAD_INPUT, /* the request, the file or the configuration has to change */
    SCH_BAD_PEER,  /* another node broke the protocol, or is not who it has to be */
    SCH_DENIED,    /* a rule forbids it */
    SCH_TRY_AGAIN, /* a passing condition: the same call may succeed later */
    SCH_IO,        /* this machine's files, processes or network failed */
    SCH_NO_MEMORY, /* an allocation failed */
    SCH_BUG        /* the program contradicts itself */
} sch_code;

typedef struct SCH_MUST_USE sch_err {
    sch_code code;
    const char *text; /* a literal; NULL where code is SCH_OK */
} sch_err;

#define SCH_NONE ((sch_err){SCH_OK, NULL})

/* Runs an expression of type sch_err; on failure leaves through the function's out: label. */
#define SCH_TRY(expression)                                                                                            \
    do {                                                                                                               \
        err = (expression);                                                                                            \
        if (sch_failed(err)) {                                                                                         \
            goto out;                                                                                                  \
        }                                                                                                              \
    } while (0)

static inline bool sch_failed(sch_err err)
{
    return err.code != SCH_OK;
}

static inline sch_err sch_fail(sch_code code, const char *text)
{
    return (sch_err){code, text};
}

static inline sch_err sch_check(bool holds, sch_code code, const char *text)
{
    return holds ? SCH_NONE : (sch_err){code, text};
}

/* The code's name for logs and messages: "bad_input", "bad_peer", ... */
const char *sch_code_name(sch_code code);

enum { SCH_DETAIL_BYTES = 512 };

/* A sentence for a person that goes with an error. Empty (text[0] == 0) where there is none. */
typedef struct sch_detail {
    char text[SCH_DETAIL_BYTES];
} sch_detail;

/* Writes the sentence, cut at SCH_DETAIL_BYTES - 1 on a UTF-8 boundary. detail may be NULL: then nothing happens.
 * Arguments are names, counts, line numbers; never values from files. */
void sch_detail_set(sch_detail *detail, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The sentence to show: the detail where there is one, else the error's own text. */
const char *sch_detail_or_text(const sch_detail *detail, sch_err err);

#endif
