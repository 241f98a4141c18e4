/* agreement_faults.h - one change of the sample agreement each, and the complaint that it makes. For
 * test_agreement_file.c. */
#ifndef SCH_TESTS_UNIT_AGREEMENT_FAULTS_H
#define SCH_TESTS_UNIT_AGREEMENT_FAULTS_H

typedef struct fault {
    const char *find, *put, *detail;
} fault;

#define NAME "has to be a name: a small letter, then small letters, digits and _"
#define TEXT "has to be a text of 1 to 1000 bytes in one line; one that is folded with >- becomes that"
#define DATE "has to be a date as 2027-12-31, of the years 2000 to 2999"
#define KEY "has to be 32 bytes in base64: 44 characters as the card shows them"
#define OIN "has to be 20 digits or letters"
#define USES "has to be one of: link, group, filter, count, sum, avg, spread, quantile, never"

static const fault head_faults[] = {
    {"id: lv_2027", "id: LV-2027", "a.yaml, line 1: id " NAME},
    {"version: 3", "version: 0", "a.yaml, line 2: version has to be a whole number from 1 to 4294967295"},
    {"version: 3", "version: 1.0", "a.yaml, line 2: version has to be a whole number from 1 to 4294967295"},
    {"title: Koppeling bijstand en banen", "title: ''", "a.yaml, line 3: title " TEXT},
    {"purpose: Evaluatie van beleid", "purpose: |\n  a\n  b", "a.yaml, line 4: purpose " TEXT},
    {"legal_basis: AVG artikel 6", "legal_basis: \"a\\e[2Jb\"", "a.yaml, line 5: legal_basis " TEXT},
    {"dpia: DPIA-1", "dpia: \"\\u202Ea\"", "a.yaml, line 6: dpia " TEXT},
    {"dpia: DPIA-1", "dpia: [a]", "a.yaml, line 6: dpia has to be one text"},
    {"  authorisation: Besluit 12", "  authorisation: ''", "a.yaml, line 8: cbs.authorisation " TEXT},
    {"  project: '9412'", "  project: ''", "a.yaml, line 9: cbs.project " TEXT},
    {"  project: '9412'", "  project: a\n  extra: b", "a.yaml, line 10: cbs.extra is an unknown key"},
    {"valid_from: 2027-01-01", "valid_from: 1-1-2027", "a.yaml, line 10: valid_from " DATE},
    {"valid_from: 2027-01-01", "valid_from: 2027-02-29", "a.yaml, line 10: valid_from " DATE},
    {"valid_from: 2027-01-01", "valid_from: 2027-13-01", "a.yaml, line 10: valid_from " DATE},
    {"valid_from: 2027-01-01", "valid_from: 2027-00-10", "a.yaml, line 10: valid_from " DATE},
    {"valid_from: 2027-01-01", "valid_from: 1999-12-31", "a.yaml, line 10: valid_from " DATE},
    {"valid_until: 2027-12-31", "valid_until: 2100-02-29", "a.yaml, line 11: valid_until " DATE},
    {"valid_until: 2027-12-31", "valid_until: 2027-11-31", "a.yaml, line 11: valid_until " DATE},
    {"valid_until: 2027-12-31", "valid_until: 2027-12-31T00:00", "a.yaml, line 11: valid_until " DATE},
    {"valid_until: 2027-12-31", "valid_until: 3000-01-01", "a.yaml, line 11: valid_until " DATE},
    {"valid_until: 2027-12-31", "valid_until: 2026-12-31", "a.yaml, line 11: valid_until lies before valid_from"},
    {"retention_days: 90", "retention_days: 3651",
     "a.yaml, line 12: retention_days has to be a whole number from 1 to 3650"},
    {"linkage_epoch: 4", "linkage_epoch: -1",
     "a.yaml, line 13: linkage_epoch has to be a whole number from 1 to 4294967295"},
    {"  requests: 40", "  requests: 1000001",
     "a.yaml, line 15: budget.requests has to be a whole number from 1 to 1000000"},
    {"  period: month", "  period: hour", "a.yaml, line 16: budget.period has to be one of: day, week, month, year"},
    {"  case: guarded", "  case: strict", "a.yaml, line 18: rules.case has to be one of: guarded, free"},
    {"  max_cells: 500", "  max_cells: 100001",
     "a.yaml, line 19: rules.max_cells has to be a whole number from 1 to 100000"},
    {"linkage_epoch: 4", "linkage_epoch: 4\nnormalisation: 0",
     "a.yaml, line 14: normalisation has to be a whole number from 1 to 4294967295"},
    {"linkage_epoch: 4", "linkage_epoch: 4\nnormalisation: 2",
     "a.yaml, line 14: normalisation is a version that this program does not know; it knows 1"},
    {"linkage_epoch: 4", "linkage_epoch: 4\nnormalisation:\n  text: 1",
     "a.yaml, line 14: normalisation has to be one text"},
    {"linkage_epoch: 4", "linkage_epoch: 4\nbudgets: 1", "a.yaml, line 14: budgets is an unknown key"},
    {"linkage_epoch: 4", "linkage_epoch: 4\nversion: 1", "a.yaml, line 2: version is given twice"},
    {"linkage_epoch: 4", "linkage_epoch: &a 4", "a.yaml, line 13: anchors, aliases and tags are not taken"},
    {"linkage_epoch: 4", "linkage_epoch: [", "a.yaml, line 15: did not find expected ',' or ']'"},
};

static const fault party_faults[] = {
    {"  - name: gemeente\n", "  - name: Gemeente\n", "a.yaml, line 21: parties[1].name " NAME},
    {"    organisation: Bureau Voorbeeld\n", "    organisation: ''\n",
     "a.yaml, line 34: parties[2].organisation " TEXT},
    {"oin: '00000000000000000003'", "oin: '0000000000000000003'", "a.yaml, line 47: parties[3].oin " OIN},
    {"oin: '00000000000000000003'", "oin: '0000000000-000000003'", "a.yaml, line 47: parties[3].oin " OIN},
    {"    role: helper\n", "    role: both\n", "a.yaml, line 60: parties[4].role has to be one of: owner, helper"},
    {"    address: 'lv.example:7300'\n", "    address: 'lv.example'\n",
     "a.yaml, line 25: parties[1].address has to be an address: host:port"},
    {"    address: 'lv.example:7300'\n", "", "a.yaml, line 21: parties[1] lacks the key 'address'"},
    {"identity: BAE", "identity: AE", "a.yaml, line 26: parties[1].identity " KEY},
    {"exchange: CAE", "exchange: C*E", "a.yaml, line 27: parties[1].exchange " KEY},
    {"exchange: CAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "exchange: AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
     "a.yaml, line 27: parties[1].exchange is not right: its exchange key is of low order: what is agreed with it is "
     "known to everybody"},
    {"tls_pin: DAE", "tls_pin: DDAE", "a.yaml, line 28: parties[1].tls_pin " KEY},
    {"https://lv.example/register/1", "''", "a.yaml, line 29: parties[1].processing_activity " TEXT},
    {"https://lv.example/register/1", "register 1",
     "a.yaml, line 29: parties[1].processing_activity is not right: its processing activity is missing, or is not a "
     "URI"},
    {"    approval: operator\n", "    approval: nobody\n",
     "a.yaml, line 30: parties[1].approval has to be one of: automatic, operator, two operators"},
    {"    approval: operator\n", "", "a.yaml, line 21: parties[1] lacks the key 'approval', which an owner needs"},
    {"    min_persons: 10\n", "    min_persons: 0\n",
     "a.yaml, line 31: parties[1].min_persons has to be a whole number from 1 to 1000000"},
    {"    min_persons: 10\n", "", "a.yaml, line 21: parties[1] lacks the key 'min_persons', which an owner needs"},
    {"    zero_cells: show\n", "    zero_cells: maybe\n",
     "a.yaml, line 32: parties[1].zero_cells has to be one of: suppress, show"},
    {"    zero_cells: show\n", "", "a.yaml, line 21: parties[1] lacks the key 'zero_cells', which an owner needs"},
    {"    role: helper\n", "    role: helper\n    approval: operator\n",
     "a.yaml, line 61: parties[4].approval has to be automatic, or left out, of a helper"},
    {"    role: helper\n", "    role: helper\n    min_persons: 5\n",
     "a.yaml, line 61: parties[4].min_persons is for owners only; a helper has no data"},
    {"    role: helper\n", "    role: helper\n    zero_cells: show\n",
     "a.yaml, line 61: parties[4].zero_cells is for owners only; a helper has no data"},
    {"    role: helper\n", "    role: helper\n    color: red\n", "a.yaml, line 61: parties[4].color is an unknown key"},
    {"  - name: rekenhulp\n", "  - name: gemeente\n",
     "a.yaml, line 57: parties[4].name is not right: there are two parties of this name"},
    {"identity: KAE", "identity: BAE",
     "a.yaml, line 62: parties[4].identity is not right: an earlier party has the same identity"},
    {"tls_pin: MAE", "tls_pin: DAE",
     "a.yaml, line 64: parties[4].tls_pin is not right: an earlier party has the same TLS pin"},
};

static const fault data_set_faults[] = {
    {"  - party: gemeente\n", "  - party: ''\n", "a.yaml, line 67: data_sets[1].party " NAME},
    {"  - party: gemeente\n", "  - party: lv\n",
     "a.yaml, line 67: data_sets[1].party is not right: its party is not in the agreement"},
    {"  - party: gemeente\n", "  - party: rekenhulp\n",
     "a.yaml, line 67: data_sets[1].party is not right: its party is not an owner"},
    {"    name: banen\n", "    name: 1\n", "a.yaml, line 82: data_sets[2].name " NAME},
    {"    name: personen\n", "    name: banen\n",
     "a.yaml, line 90: data_sets[3].name is not right: the party has two data sets of this name"},
    {"    columns:\n      - {name: burgernummer, uses: [filter]}\n      - {name: soort, uses: [group, link]}\n",
     "    columns: []\n", "a.yaml, line 96: data_sets[4].columns has too few entries"},
    {"uses: [group, link]", "uses: [group]",
     "a.yaml, line 96: data_sets[4].columns is not right: none of its columns may be used to link"},
    {"{name: naam,", "{name: Naam,", "a.yaml, line 75: data_sets[1].columns[6].name " NAME},
    {"{name: naam,", "{name: traject,",
     "a.yaml, line 75: data_sets[1].columns[6].name is not right: there are two columns of this name"},
    {"[never]", "[]", "a.yaml, line 75: data_sets[1].columns[6].uses has too few entries"},
    {"[never]", "never", "a.yaml, line 75: data_sets[1].columns[6].uses has to be a list"},
    {"[never]", "[show]", "a.yaml, line 75: data_sets[1].columns[6].uses[1] " USES},
    {"[never]", "[group, never]",
     "a.yaml, line 75: data_sets[1].columns[6].uses[2] has to stand alone: never allows no other use"},
    {"[never]", "[group, filter, group]",
     "a.yaml, line 75: data_sets[1].columns[6].uses[3] is a use that is there already"},
    {"[never]", "[never], by: [anna]", "a.yaml, line 75: data_sets[1].columns[6].by is an unknown key"},
    {"[bram, anna]", "[]", "a.yaml, line 92: data_sets[3].columns[1].analysts has too few entries"},
    {"[bram, anna]", "[Bram]", "a.yaml, line 92: data_sets[3].columns[1].analysts[1] " NAME},
    {"[bram, anna]", "[bram, carla]",
     "a.yaml, line 92: data_sets[3].columns[1].analysts is not right: it lists an analyst who is not in the agreement"},
    {"[bram, anna]", "[bram, bram]",
     "a.yaml, line 92: data_sets[3].columns[1].analysts is not right: it lists an analyst twice"},
};

static const fault analyst_faults[] = {
    {"  - name: anna\n", "  - name: anna b\n", "a.yaml, line 100: analysts[1].name " NAME},
    {"  - name: bram\n", "  - name: anna\n",
     "a.yaml, line 107: analysts[2].name is not right: there are two analysts of this name"},
    {"  - name: bram\n", "  - name: cbs\n",
     "a.yaml, line 107: analysts[2].name is not right: a party has this name too"},
    {"  - name: bram\n", "  - name: bram\n    address: 'bram.example:1'\n",
     "a.yaml, line 108: analysts[2].address is for parties; an analyst has none"},
    {"    organisation: Bureau Voorbeeld, team Beleid\n", "    organisation: ''\n",
     "a.yaml, line 108: analysts[2].organisation " TEXT},
    {"oin: '00000000000000000006'", "oin: x", "a.yaml, line 109: analysts[2].oin " OIN},
    {"identity: QAE", "identity: x", "a.yaml, line 110: analysts[2].identity " KEY},
    {"exchange: RAE", "exchange: '' # ", "a.yaml, line 111: analysts[2].exchange " KEY},
    {"tls_pin: SAE", "tls_pin: =", "a.yaml, line 112: analysts[2].tls_pin " KEY},
    {"identity: QAE", "identity: NAE",
     "a.yaml, line 107: analysts[2] is not right: an earlier analyst has one of the same keys"},
    {"exchange: RAE", "exchange: FAE", "a.yaml, line 107: analysts[2] is not right: a party has one of the same keys"},
    {"valid_until: 2027-06-30", "valid_until: 2027-06-31", "a.yaml, line 113: analysts[2].valid_until " DATE},
    {"valid_until: 2027-06-30", "valid_until: 2027-06-30\n    role: x",
     "a.yaml, line 114: analysts[2].role is an unknown key"},
};

#endif
