/* The command table. Rows of one group stand together; help shows them in this order. */
#include "cli/account.h"
#include "cli/adapter.h"
#include "cli/commands.h"
#include "cli/desk.h"
#include "cli/session.h"

enum gb_exit gb_cli_version(const struct gb_args *args)
{
    if (args->format == GB_FORMAT_JSON || args->format == GB_FORMAT_JSONL) {
        fputs("{\"version\":\"" GB_VERSION "\"}\n", args->out);
    } else {
        fputs("gridbridge " GB_VERSION "\n", args->out);
    }
    return GB_EXIT_OK;
}

enum gb_exit gb_cli_completion(const struct gb_args *args)
{
    gb_help_completion(args->out);
    return GB_EXIT_OK;
}

static const struct gb_option MAPPING_OPTIONS[] = {GB_ADAPTER_OPTIONS, {0}};

static const struct gb_option TEST_OPTIONS[] = {
    {"--write", NULL, "write the .want files anew; read the difference"}, GB_ADAPTER_OPTIONS, {0}};

#define DAY_OPTION                                                                                 \
    {"--on", "DAY", "rows valid until then are told as expired; today if absent"}

static const struct gb_option POLICY_OPTIONS[] = {
    {"--refuse", "FILE", "the refuse-list: do texts of disputes stay outside?"}, DAY_OPTION, {0}};

static const struct gb_option POLICY_TEST_OPTIONS[] = {
    {"--all-rows", NULL, "exit 1, too, where no case hits a row"}, DAY_OPTION, {0}};

static const struct gb_option DATABASE_OPTIONS[] = {GB_SESSION_OPTION, {0}};

static const struct gb_option MIGRATE_OPTIONS[] = {
    {"--sql", "DIR", "folder of the migrations (schemas/sql)"}, GB_SESSION_OPTION, {0}};

static const struct gb_option EXPLAIN_OPTIONS[] = {
    {"--matter", "ID", "id of the matter, as in gb.matter"},
    {"--overlap", "ID", "id of the overlap, as in gb.overlap"},
    GB_ACCOUNT_OPTIONS,
    {"--record", "FILE", "source records, a line each as in fixtures"},
    {"--adapter", "DIR", "the adapter that reads them"},
    GB_ADAPTER_OPTIONS,
    GB_SESSION_OPTION,
    {0}};

static const struct gb_option WHO_OPTIONS[] = {
    {"--category", "CODE", "canonical: MS04"},
    {"--place", "CODE", "town, village or grid"},
    {"--on", "DAY", "2026-11-23, or RFC 3339"},
    {"--known", "DAY", "as known by its end (the same day); or now"},
    {"--network", "NAME", "of the first report"},
    {"--urgency", "N", "1 extreme to 4 low"},
    GB_SESSION_OPTION,
    {0}};

static const struct gb_option RESUME_OPTIONS[] = {
    {"--reason", "TEXT", "why; it goes into the ledger"},
    {"--actor", "NAME", "who; the login name if absent"},
    {"--execute", NULL, "do it; otherwise only the plan is shown"},
    GB_SESSION_OPTION,
    {0}};

static const struct gb_option LOSS_OPTIONS[] = {
    {"--to", "OFFSET", "offset of the intake topic at which the lane goes on"},
    {"--reason", "TEXT", "why; it goes into the ledger"},
    {"--actor", "NAME", "who; the login name if absent"},
    {"--execute", NULL, "do it; otherwise only the plan is shown"},
    GB_SESSION_OPTION,
    {0}};

#define KAFKA_OPTIONS                                                                              \
    {"--bootstrap", "LIST", "brokers as host:port, separated by commas"},                          \
        {"--prefix", "TEXT", "of the bridge's topics (gb.)"}

static const struct gb_option ACTIVATE_OPTIONS[] = {
    {"--refuse", "FILE", "the refuse-list; else that of the configuration"},
    {"--execute", NULL, "do it; otherwise only the plan is shown"},
    DAY_OPTION,
    KAFKA_OPTIONS,
    GB_SESSION_OPTION,
    {0}};

static const struct gb_option CREATE_OPTIONS[] = {
    {"--lanes", "N", "partitions of the intake and output topics"},
    {"--replication", "N", "1 or 3 (1)"},
    KAFKA_OPTIONS,
    GB_SESSION_OPTION,
    {0}};

static const struct gb_option LIST_OPTIONS[] = {KAFKA_OPTIONS, {0}};

static const struct gb_option VERIFY_OPTIONS[] = {
    {"--lanes", "N", "how many partitions there must be"}, KAFKA_OPTIONS, {0}};

static const struct gb_option RUN_OPTIONS[] = {
    {"--roles", "LIST", "intake,reconcile or one; else as configured"}, {0}};

static const struct gb_option REPLAY_OPTIONS[] = {
    {"--lane", "N", "this lane only; otherwise all"},
    {"--from", "INDEX", "first ledger line that is compared (0)"},
    {"--to", "INDEX", "line before which comparing ends (the end)"},
    {"--policy", "DIR", "a bundle that is not active yet"},
    {"--compare", NULL, "what that bundle would change of open matters"},
    DAY_OPTION,
    GB_SESSION_OPTION,
    {0}};

static const struct gb_option ROTATE_OPTIONS[] = {
    {"--overlap", "DAYS", "how long the old key stays known (30)"},
    {"--hash", "NAME", "sha256 or sm3; otherwise as the key in use"},
    {"--execute", NULL, "do it; otherwise only the plan is shown"},
    {0}};

static const struct gb_option OVERLAPS_OPTIONS[] = {
    {"--state", "STATE", "open or settled; both if absent"},
    {"--kind", "KIND", "no_owner, double_lead, duplicate_entry ..."},
    {"--town", "CODE", "of the matter"},
    {"--limit", "N", "at most so many (100)"},
    GB_SESSION_OPTION,
    {0}};

#define SEEN_OPTION {"--version", "N", "that was seen; the newest if absent"}

static const struct gb_option CLAIM_OPTIONS[] = {
    {"--until", "TIME", "+2h or RFC 3339; else as the bundle says"}, SEEN_OPTION, GB_DESK_OPTIONS,
    {0}};

static const struct gb_option SEEN_OPTIONS[] = {SEEN_OPTION, GB_DESK_OPTIONS, {0}};

static const struct gb_option TRANSFER_OPTIONS[] = {
    {"--to", "POST", "role, or role:unit"}, SEEN_OPTION, GB_DESK_OPTIONS, {0}};

static const struct gb_option DECIDE_OPTIONS[] = {
    {"--to", "POST", "the lead is role, or role:unit"},
    {"--duplicate-of", "MATTER", "they are one matter"},
    {"--not-duplicate-of", "MATTER", "they are two matters"},
    {"--split", "REPORT", "source/entity/key is a matter of its own"},
    {"--until", "TIME", "the deadline is extended"},
    SEEN_OPTION,
    GB_DESK_OPTIONS,
    {0}};

static const struct gb_option REDECIDE_OPTIONS[] = {
    {"--town", "CODE", "all of its open matters"}, {"--matter", "ID", "this one"},
    GB_DESK_OPTIONS, {0}};

static const struct gb_option NAMED_OPTIONS[] = {GB_DESK_OPTIONS, {0}};

static const struct gb_option SHOW_OPTIONS[] = {
    {"--at", "TIME", "as it was: -1h, 2026-11-23, RFC 3339"}, GB_SESSION_OPTION, {0}};

static const struct gb_option GATEWAY_OPTIONS[] = {
    {"--name", "ID", "of the gateway (desk)"}, {0}};

#define PLAN_FIRST                                                                                 \
    "Shows the plan unless --execute is given, then waits for the answer. Exit 1:\n"               \
    "stale or refused, with the state now."

static const struct gb_command COMMANDS[] = {
    {.name = "check config",
     .words = "FILE",
     .words_min = 1,
     .words_max = 1,
     .help = "Checks a configuration and what it includes",
     .more = "Opens no socket. Prints each mistake as file:line:col.",
     .run = gb_cli_check_config},
    {.name = "check mapping",
     .words = "DIR",
     .words_min = 1,
     .words_max = 1,
     .help = "Checks an adapter's mapping and its lookups",
     .more = "Prints the mapping's hash, or each mistake as file:line:col.",
     .options = MAPPING_OPTIONS,
     .run = gb_cli_check_mapping},
    {.name = "check policy",
     .words = "DIR",
     .words_min = 1,
     .words_max = 1,
     .help = "Checks a bundle, proves its duty list",
     .more = "Prints the bundle's hash, or each mistake as file:line:col; for the duty list a\n"
             "matter as counter-example for each gap, overlap, shadowed row and contradiction.",
     .options = POLICY_OPTIONS,
     .run = gb_cli_check_policy},
    {.name = "check refuse",
     .words = "FILE",
     .words_min = 1,
     .words_max = 1,
     .help = "Checks a refuse-list",
     .more = "Prints the list's hash, or each mistake as file:line:col.",
     .run = gb_cli_check_refuse},
    {.name = "completion",
     .words = "",
     .help = "Prints a completion script for bash",
     .more = "Use: source <(gridbridge completion)",
     .run = gb_cli_completion},
    {.name = "config show",
     .words = "",
     .help = "Prints the configuration in force",
     .more = "With defaults and what is included, as YAML that is read again. Secrets are\n"
             "masked, names of files that hold them are not.",
     .run = gb_cli_config_show},
    {.name = "db migrate",
     .words = "",
     .help = "Brings the database's schema up to date",
     .more = "Applies each new file of schemas/sql, forward only, one transaction each.",
     .options = MIGRATE_OPTIONS,
     .run = gb_cli_db_migrate},
    {.name = "db status",
     .words = "",
     .help = "Migrations; exit 1 if one is pending",
     .options = MIGRATE_OPTIONS,
     .run = gb_cli_db_status},
    {.name = "duty who",
     .words = "",
     .help = "Who was responsible on a day, as known then",
     .more = "The bundle that was active by --known, the row that was valid --on the day, and\n"
             "its basis. What people decided of single matters is left aside.",
     .options = WHO_OPTIONS,
     .run = gb_cli_duty_who},
    {.name = "explain",
     .words = "[RECORD.json]",
     .words_max = 1,
     .help = "Why a matter is led as it is, in words",
     .more = "--matter ID, --overlap ID: rule and bundle, posts and claims considered, who\n"
             "lost and why, in the words of the bundle that decided it; -o json: as stored.\n"
             "RECORD.json: a report nobody sent yet, dry, under --policy DIR or the active\n"
             "bundle: {\"source\", \"category\", \"grid\", ...}, a list, or with --adapter DIR\n"
             "--refuse FILE records of a source. Nothing is stored.\n"
             "--record FILE --adapter DIR --refuse FILE: what each column became, and why.",
     .options = EXPLAIN_OPTIONS,
     .run = gb_cli_explain},
    {.name = "keys gateway",
     .words = "FILE",
     .words_min = 1,
     .words_max = 1,
     .help = "Makes a key with which a desk signs decisions",
     .more = "The private key goes into FILE, mode 0400; prints the section of the\n"
             "configuration with the public one.",
     .options = GATEWAY_OPTIONS,
     .run = gb_cli_keys_gateway},
    {.name = "keys holders",
     .words = "DIR",
     .words_min = 1,
     .words_max = 1,
     .help = "Prints holders.csv for a new join key",
     .more = "DIR is the policy bundle; pairs of old and new come from the ledger.",
     .options = DATABASE_OPTIONS,
     .run = gb_cli_keys_holders},
    {.name = "keys list",
     .words = "",
     .help = "Which keys are in use or still known",
     .more = "Prints ids, never a key.",
     .run = gb_cli_keys_list},
    {.name = "keys rotate",
     .words = "PURPOSE",
     .words_min = 1,
     .words_max = 1,
     .help = "Puts a new key in use beside the old one",
     .more = "PURPOSE: join or publish. Shows the plan unless --execute is given.",
     .options = ROTATE_OPTIONS,
     .run = gb_cli_keys_rotate},
    {.name = "lanes accept-loss",
     .words = "LANE",
     .words_min = 1,
     .words_max = 1,
     .help = "Lets a halted lane go on behind lost records",
     .more = "The loss stays in the ledger with actor and reason. Needs --to, --reason.",
     .options = LOSS_OPTIONS,
     .run = gb_cli_lanes_accept_loss},
    {.name = "lanes list",
     .words = "",
     .help = "Where each lane stands",
     .options = DATABASE_OPTIONS,
     .run = gb_cli_lanes_list},
    {.name = "lanes republish",
     .words = "LANE",
     .words_min = 1,
     .words_max = 1,
     .help = "Sends again the outputs that Kafka lost",
     .more = "Its topics are read from their start; what is not there comes from the\n"
             "outbox, numbered as it was. It stays in the ledger. Needs --reason.",
     .options = RESUME_OPTIONS,
     .run = gb_cli_lanes_republish},
    {.name = "lanes resume",
     .words = "LANE",
     .words_min = 1,
     .words_max = 1,
     .help = "Lets a halted lane go on from where it stands",
     .more = "The resume stays in the ledger with actor and reason. Needs --reason.",
     .options = RESUME_OPTIONS,
     .run = gb_cli_lanes_resume},
    {.name = "lanes show",
     .words = "LANE",
     .words_min = 1,
     .words_max = 1,
     .help = "One lane in full, with evidence of a halt",
     .options = DATABASE_OPTIONS,
     .run = gb_cli_lanes_show},
    {.name = "matters history",
     .words = "ID",
     .words_min = 1,
     .words_max = 1,
     .help = "Each change of a matter, and why",
     .options = DATABASE_OPTIONS,
     .run = gb_cli_matters_history},
    {.name = "matters show",
     .words = "ID",
     .words_min = 1,
     .words_max = 1,
     .help = "What is published of a matter",
     .options = SHOW_OPTIONS,
     .run = gb_cli_matters_show},
    {.name = "overlaps claim",
     .words = "ID...",
     .words_min = 1,
     .words_max = GB_WORDS_MAX,
     .help = "A post works on it for a while",
     .more = PLAN_FIRST,
     .options = CLAIM_OPTIONS,
     .run = gb_cli_overlaps_claim},
    {.name = "overlaps confirm",
     .words = "DECISION",
     .words_min = 1,
     .words_max = 1,
     .help = "The second of four eyes",
     .more = PLAN_FIRST,
     .options = NAMED_OPTIONS,
     .run = gb_cli_overlaps_confirm},
    {.name = "overlaps decide",
     .words = "ID...",
     .words_min = 1,
     .words_max = GB_WORDS_MAX,
     .help = "Who leads, or what is one matter",
     .more = PLAN_FIRST,
     .options = DECIDE_OPTIONS,
     .run = gb_cli_overlaps_decide},
    {.name = "overlaps escalate",
     .words = "ID...",
     .words_min = 1,
     .words_max = GB_WORDS_MAX,
     .help = "Hands it to the next level",
     .more = PLAN_FIRST,
     .options = SEEN_OPTIONS,
     .run = gb_cli_overlaps_escalate},
    {.name = "overlaps hand-over",
     .words = "ID...",
     .words_min = 1,
     .words_max = GB_WORDS_MAX,
     .help = "A post takes a claim over (shift)",
     .more = PLAN_FIRST,
     .options = CLAIM_OPTIONS,
     .run = gb_cli_overlaps_hand_over},
    {.name = "overlaps list",
     .words = "",
     .help = "What was found; open ones first",
     .options = OVERLAPS_OPTIONS,
     .run = gb_cli_overlaps_list},
    {.name = "overlaps release",
     .words = "ID...",
     .words_min = 1,
     .words_max = GB_WORDS_MAX,
     .help = "Gives a claim back",
     .more = PLAN_FIRST,
     .options = SEEN_OPTIONS,
     .run = gb_cli_overlaps_release},
    {.name = "overlaps show",
     .words = "ID",
     .words_min = 1,
     .words_max = 1,
     .help = "One overlap: sides, evidence, decisions",
     .options = DATABASE_OPTIONS,
     .run = gb_cli_overlaps_show},
    {.name = "overlaps transfer",
     .words = "ID...",
     .words_min = 1,
     .words_max = GB_WORDS_MAX,
     .help = "Hands the matter to another lead",
     .more = PLAN_FIRST,
     .options = TRANSFER_OPTIONS,
     .run = gb_cli_overlaps_transfer},
    {.name = "overlaps undo",
     .words = "DECISION",
     .words_min = 1,
     .words_max = 1,
     .help = "Takes a decision back",
     .more = PLAN_FIRST,
     .options = NAMED_OPTIONS,
     .run = gb_cli_overlaps_undo},
    {.name = "policy activate",
     .words = "DIR",
     .words_min = 1,
     .words_max = 1,
     .help = "Stores a policy bundle and activates it",
     .more = "Checks the bundle first. Shows the plan unless --execute is given.",
     .options = ACTIVATE_OPTIONS,
     .run = gb_cli_policy_activate},
    {.name = "policy redecide",
     .words = "",
     .help = "Decides open matters anew by the active bundle",
     .more = "An activation alone decides nothing anew. replay --policy DIR --compare tells\n"
             "beforehand what would change.\n" PLAN_FIRST,
     .options = REDECIDE_OPTIONS,
     .run = gb_cli_policy_redecide},
    {.name = "replay",
     .words = "",
     .help = "Runs the ledger again and compares all outputs",
     .more = "State is always made again from line 0; only the span is compared. Prints\n"
             "identical, or the first difference: lane, line, field and both values.\n"
             "--policy DIR --compare: how many open matters that bundle would have led\n"
             "otherwise, by village and rule, with examples; exit 1 where there are any.",
     .options = REPLAY_OPTIONS,
     .run = gb_cli_replay},
    {.name = "run",
     .words = "",
     .help = "The daemon, in the foreground",
     .more = "Waits for servers that are away. Ends in order on SIGTERM.",
     .options = RUN_OPTIONS,
     .run = gb_cli_run_daemon},
    {.name = "status",
     .words = "",
     .help = "One verdict: exit 0 ok, 1 look, 2 critical",
     .options = DATABASE_OPTIONS,
     .run = gb_cli_status},
    {.name = "test mapping",
     .words = "DIR",
     .words_min = 1,
     .words_max = 1,
     .help = "Runs an adapter's fixtures",
     .more = "Each fixtures/X.in holds source records, X.want the rows they become.\n"
             "Prints the first difference of each file; exit 1 where there is one.",
     .options = TEST_OPTIONS,
     .run = gb_cli_test_mapping},
    {.name = "test policy",
     .words = "DIR",
     .words_min = 1,
     .words_max = 1,
     .help = "Runs the cases beside a bundle's rules",
     .more = "Each X.policy_test.yaml holds reports and what they must lead to. Prints each\n"
             "difference as file:line:col, and the rows that no case hits; exit 1 where a\n"
             "case fails.",
     .options = POLICY_TEST_OPTIONS,
     .run = gb_cli_test_policy},
    {.name = "topics create",
     .words = "",
     .help = "Creates the bridge's topics and stream ids",
     .more = "What is there stays. The number of lanes is fixed by the first creation.\n"
             "With -c each source gets a write-back topic for good (eight at most; where\n"
             "more are configured, those with mode: live do).",
     .options = CREATE_OPTIONS,
     .run = gb_cli_topics_create},
    {.name = "topics list",
     .words = "",
     .help = "The bridge's topics and their partitions",
     .options = LIST_OPTIONS,
     .run = gb_cli_topics_list},
    {.name = "topics verify",
     .words = "",
     .help = "Exit 1 where a topic is missing or differs",
     .options = VERIFY_OPTIONS,
     .run = gb_cli_topics_verify},
    {.name = "version", .words = "", .help = "Prints the version", .run = gb_cli_version},
    {.name = "writebacks list",
     .words = "",
     .help = "What each system was told, and what came of it",
     .options = DATABASE_OPTIONS,
     .run = gb_cli_writebacks_list},
};

const struct gb_command *gb_commands(size_t *count)
{
    *count = GB_COUNT(COMMANDS);
    return COMMANDS;
}
