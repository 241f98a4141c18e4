#include "tests/support/sample_agreement.h"

#include "node/govern/agreement_file.h"
#include "tests/support/unit.h"

/* The keys differ in their first character. The comments number the lines. */
const char sample_agreement[] = "id: lv_2027\n"                        /* 1 */
                                "version: 3\n"                         /* 2 */
                                "title: Koppeling bijstand en banen\n" /* 3 */
                                "purpose: Evaluatie van beleid\n"      /* 4 */
                                "legal_basis: AVG artikel 6\n"         /* 5 */
                                "dpia: DPIA-1\n"                       /* 6 */
                                "cbs:\n"                               /* 7 */
                                "  authorisation: Besluit 12\n"
                                "  project: '9412'\n"
                                "valid_from: 2027-01-01\n"  /* 10 */
                                "valid_until: 2027-12-31\n" /* 11 */
                                "retention_days: 90\n"      /* 12 */
                                "linkage_epoch: 4\n"        /* 13 */
                                "budget:\n"                 /* 14 */
                                "  requests: 40\n"
                                "  period: month\n"
                                "rules:\n" /* 17 */
                                "  case: guarded\n"
                                "  max_cells: 500\n"
                                "parties:\n"           /* 20 */
                                "  - name: gemeente\n" /* 21 */
                                "    organisation: Gemeente Voorbeeld\n"
                                "    oin: '00000000000000000001'\n"
                                "    role: owner\n"
                                "    address: 'lv.example:7300'\n"
                                "    identity: BAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
                                "    exchange: CAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
                                "    tls_pin: DAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
                                "    processing_activity: https://lv.example/register/1\n"
                                "    approval: operator\n"
                                "    min_persons: 10\n"
                                "    zero_cells: show\n"
                                "  - name: cbs\n" /* 33 */
                                "    organisation: Bureau Voorbeeld\n"
                                "    oin: '00000000000000000002'\n"
                                "    role: owner\n"
                                "    address: 'cbs.example:7300'\n"
                                "    identity: EAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
                                "    exchange: FAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
                                "    tls_pin: GAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
                                "    processing_activity: https://cbs.example/register/1\n"
                                "    approval: two operators\n"
                                "    min_persons: 15\n"
                                "    zero_cells: suppress\n"
                                "  - name: partner\n" /* 45 */
                                "    organisation: Stichting Voorbeeld\n"
                                "    oin: '00000000000000000003'\n"
                                "    role: owner\n"
                                "    address: 'partner.example:7300'\n"
                                "    identity: HAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
                                "    exchange: IAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
                                "    tls_pin: JAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
                                "    processing_activity: https://partner.example/register/1\n"
                                "    approval: automatic\n"
                                "    min_persons: 5\n"
                                "    zero_cells: suppress\n"
                                "  - name: rekenhulp\n" /* 57 */
                                "    organisation: Rekencentrum Voorbeeld\n"
                                "    oin: '00000000000000000004'\n"
                                "    role: helper\n"
                                "    address: 'hulp.example:7300'\n"
                                "    identity: KAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
                                "    exchange: LAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
                                "    tls_pin: MAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
                                "    processing_activity: https://hulp.example/register/1\n"
                                "data_sets:\n"          /* 66 */
                                "  - party: gemeente\n" /* 67 */
                                "    name: bijstand\n"
                                "    columns:\n"
                                "      - {name: bsn, uses: [link]}\n"
                                "      - {name: buurt, uses: [group, filter, count]}\n"
                                "      - {name: traject, uses: [group]}\n"
                                "      - {name: instroomjaar, uses: [filter]}\n"
                                "      - {name: actief, uses: [filter]}\n"
                                "      - {name: naam, uses: [never]}\n"
                                "      - {name: bedrag, uses: [count, sum, avg]}\n"
                                "      - {name: schuld, uses: [count]}\n"
                                "      - name: jaar\n"
                                "        uses: [group, filter]\n"
                                "        analysts: [anna]\n"
                                "  - party: cbs\n" /* 81 */
                                "    name: banen\n"
                                "    columns:\n"
                                "      - {name: bsn, uses: [link, count]}\n"
                                "      - {name: jaar, uses: [group, filter]}\n"
                                "      - {name: loon, uses: [sum]}\n"
                                "      - {name: werkt, uses: [filter, count, sum]}\n"
                                "      - {name: sector, uses: [avg, count, filter]}\n"
                                "  - party: cbs\n" /* 89 */
                                "    name: personen\n"
                                "    columns:\n"
                                "      - {name: bsn, uses: [link], analysts: [bram, anna]}\n"
                                "      - {name: sector, uses: [group]}\n"
                                "  - party: partner\n" /* 94 */
                                "    name: jeugdhulp\n"
                                "    columns:\n"
                                "      - {name: burgernummer, uses: [filter]}\n"
                                "      - {name: soort, uses: [group, link]}\n"
                                "analysts:\n"      /* 99 */
                                "  - name: anna\n" /* 100 */
                                "    organisation: Gemeente Voorbeeld, team Onderzoek\n"
                                "    oin: '00000000000000000005'\n"
                                "    identity: NAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
                                "    exchange: OAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
                                "    tls_pin: PAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
                                "    valid_until: 2027-12-30\n"
                                "  - name: bram\n" /* 107 */
                                "    organisation: Bureau Voorbeeld, team Beleid\n"
                                "    oin: '00000000000000000006'\n"
                                "    identity: QAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
                                "    exchange: RAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
                                "    tls_pin: SAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
                                "    valid_until: 2027-06-30\n";

char *sample_agreement_with(const char *find, const char *put)
{
    const char *at = strstr(sample_agreement, find);
    if (at == NULL || strstr(at + 1, find) != NULL) {
        fail_msg("the sample does not hold this once: %s", find);
    }
    size_t before = (size_t)(at - sample_agreement);
    char *text = malloc(sizeof sample_agreement + strlen(put));
    assert_non_null(text);
    memcpy(text, sample_agreement, before);
    memcpy(text + before, put, strlen(put));
    memcpy(text + before + strlen(put), at + strlen(find), strlen(at + strlen(find)) + 1);
    return text;
}

void sample_agreement_read(sch_agreement *out, const char *find, const char *put)
{
    sch_detail detail = {{0}};
    char *text = find == NULL ? strdup(sample_agreement) : sample_agreement_with(find, put);
    assert_non_null(text);
    sch_err err = sch_agreement_file_parse(out, (const uint8_t *)text, strlen(text), "sample.yaml", &detail);
    free(text);
    if (sch_failed(err)) {
        fail_msg("%s", sch_detail_or_text(&detail, err));
    }
}
