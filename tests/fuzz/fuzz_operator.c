/* Arbitrary bytes as a line of the control socket: each of its four forms. What is read is written again, and reads the
 * same. */
#include <stdlib.h>
#include <string.h>

#include "node/base/id.h"
#include "node/control/protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

static bool same_text(const char *a, const char *b)
{
    return (a == NULL || b == NULL) ? a == b : strcmp(a, b) == 0;
}

static void check_command(const uint8_t *data, size_t bytes)
{
    sch_command_line line, again;
    sch_buf text = {0};
    sch_detail detail = {{0}};
    sch_err err = sch_protocol_decode_command(&line, data, bytes, &detail);
    if (sch_failed(err)) {
        must(err.code == SCH_BAD_INPUT && detail.text[0] != '\0' && line.json == NULL);
        return;
    }
    const sch_command *a = &line.command, *b = &again.command;
    must(a->operator_name == NULL && a->kind != SCH_COMMAND_LOGIN);
    must(!sch_failed(sch_protocol_encode_command(&text, a, &detail)) && text.data[text.bytes - 1] == '\n');
    must(!sch_failed(sch_protocol_decode_command(&again, text.data, text.bytes - 1, &detail)));
    must(a->kind == b->kind && a->all == b->all && memcmp(&a->id, &b->id, sizeof a->id) == 0);
    must(same_text(a->text, b->text) && same_text(a->text2, b->text2) && a->byte_count == b->byte_count);
    must(a->byte_count == 0 || memcmp(a->bytes, b->bytes, a->byte_count) == 0);
    must(memcmp(a->signature, b->signature, sizeof a->signature) == 0);
    sch_command_line_clear(&line);
    sch_command_line_clear(&again);
    sch_buf_clear(&text);
}

static void check_login(const uint8_t *data, size_t bytes)
{
    sch_login login, login_again;
    sch_greeting greeting, greeting_again;
    sch_buf text = {0};
    if (!sch_failed(sch_protocol_decode_login(&login, data, bytes, NULL))) {
        must(!sch_failed(sch_protocol_encode_login(&text, &login)));
        must(!sch_failed(sch_protocol_decode_login(&login_again, text.data, text.bytes - 1, NULL)));
        must(memcmp(&login, &login_again, sizeof login) == 0);
    } else {
        must(login.operator_name[0] == '\0' || sch_card_name_is_valid(login.operator_name));
    }
    sch_buf_clear(&text);
    if (!sch_failed(sch_protocol_decode_greeting(&greeting, data, bytes, NULL))) {
        must(!sch_failed(sch_protocol_encode_greeting(&text, &greeting)));
        must(!sch_failed(sch_protocol_decode_greeting(&greeting_again, text.data, text.bytes - 1, NULL)));
        must(memcmp(&greeting, &greeting_again, sizeof greeting) == 0);
    }
    sch_buf_clear(&text);
}

static void check_reply(const uint8_t *data, size_t bytes)
{
    json_t *answer = NULL;
    sch_buf text = {0};
    sch_detail detail = {{0}}, detail_again = {{0}};
    sch_err err = sch_protocol_decode_reply(&answer, data, bytes, &detail);
    must(!sch_failed(err) || (answer == NULL && detail.text[0] != '\0'));
    if (err.code != SCH_BAD_PEER) { /* which stands for no reply, too */
        must(!sch_failed(sch_protocol_encode_reply(&text, err, &detail, answer)));
        json_t *again = NULL;
        sch_err err_again = sch_protocol_decode_reply(&again, text.data, text.bytes - 1, &detail_again);
        must(err_again.code == err.code && strcmp(detail.text, detail_again.text) == 0);
        must((answer == NULL && again == NULL) || json_equal(answer, again));
        json_decref(again);
    }
    json_decref(answer);
    sch_buf_clear(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    check_command(data, bytes);
    check_login(data, bytes);
    check_reply(data, bytes);
    return 0;
}
