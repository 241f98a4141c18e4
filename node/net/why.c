#include "node/net/why.h"

#include <nng/nng.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

sch_err sch_why_network(int nng_code)
{
    switch (nng_code) {
    case NNG_ECONNREFUSED:
        return sch_fail(SCH_IO, "connection refused");
    case NNG_ETIMEDOUT:
        return sch_fail(SCH_TRY_AGAIN, "no answer in time");
    case NNG_EUNREACHABLE:
        return sch_fail(SCH_IO, "its address cannot be reached");
    case NNG_EADDRINVAL:
    case NNG_ENOENT:
        return sch_fail(SCH_IO, "its host name is not known");
    case NNG_ENOMEM:
        return sch_fail(SCH_NO_MEMORY, "no memory for a connection");
    case NNG_ECLOSED:
    case NNG_ECANCELED:
    case NNG_ECONNSHUT:
    case NNG_ECONNRESET:
    case NNG_ECONNABORTED:
        return sch_fail(SCH_IO, "the connection was closed");
    default:
        return sch_fail(SCH_IO, "the network failed");
    }
}

sch_err sch_why_tls(void)
{
    unsigned long code = ERR_peek_last_error();
    int reason = ERR_GET_REASON(code);
    ERR_clear_error();
    switch (reason) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_WRONG_VERSION_NUMBER:
        return sch_fail(SCH_BAD_PEER, "it does not speak TLS 1.3");
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
        return sch_fail(SCH_BAD_PEER, "it showed no TLS certificate");
    default:
        return sch_fail(SCH_BAD_PEER, "TLS failed");
    }
}
