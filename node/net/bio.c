#include "node/net/bio.h"

#include <pthread.h>
#include <string.h>

static int memory_write(BIO *bio, const char *data, int bytes)
{
    sch_bio_ends *ends = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (bytes <= 0 || sch_failed(sch_buf_append(&ends->out, data, (size_t)bytes))) {
        return -1;
    }
    return bytes;
}

static int memory_read(BIO *bio, char *out, int bytes)
{
    sch_bio_ends *ends = BIO_get_data(bio);
    size_t have = ends->in_end - ends->in_start;
    BIO_clear_retry_flags(bio);
    if (have == 0 || bytes <= 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    size_t take = have < (size_t)bytes ? have : (size_t)bytes;
    memcpy(out, ends->in + ends->in_start, take);
    ends->in_start += take;
    return (int)take;
}

static long memory_control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static int memory_create(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

static BIO_METHOD *memory_method;
static pthread_once_t memory_method_once = PTHREAD_ONCE_INIT;

/* Once in a process: OpenSSL has few numbers for kinds of BIO and takes none back. */
static void make_memory_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "memory of a connection");
    if (method != NULL && BIO_meth_set_write(method, memory_write) == 1 &&
        BIO_meth_set_read(method, memory_read) == 1 && BIO_meth_set_ctrl(method, memory_control) == 1 &&
        BIO_meth_set_create(method, memory_create) == 1) {
        memory_method = method;
    } else {
        BIO_meth_free(method);
    }
}

BIO *sch_bio_new(sch_bio_ends *ends)
{
    (void)pthread_once(&memory_method_once, make_memory_method);
    BIO *bio = memory_method == NULL ? NULL : BIO_new(memory_method);
    if (bio != NULL) {
        BIO_set_data(bio, ends);
    }
    return bio;
}
