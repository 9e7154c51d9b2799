/* The functions of the command table, one a command. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/command.h"

enum gb_exit gb_cli_check_config(const struct gb_args *args);
enum gb_exit gb_cli_config_show(const struct gb_args *args);
enum gb_exit gb_cli_check_mapping(const struct gb_args *args);
enum gb_exit gb_cli_check_policy(const struct gb_args *args);
enum gb_exit gb_cli_check_refuse(const struct gb_args *args);
enum gb_exit gb_cli_completion(const struct gb_args *args);
enum gb_exit gb_cli_db_migrate(const struct gb_args *args);
enum gb_exit gb_cli_db_status(const struct gb_args *args);
enum gb_exit gb_cli_duty_who(const struct gb_args *args);
enum gb_exit gb_cli_explain(const struct gb_args *args);
enum gb_exit gb_cli_keys_gateway(const struct gb_args *args);
enum gb_exit gb_cli_keys_holders(const struct gb_args *args);
enum gb_exit gb_cli_keys_list(const struct gb_args *args);
enum gb_exit gb_cli_keys_rotate(const struct gb_args *args);
enum gb_exit gb_cli_lanes_accept_loss(const struct gb_args *args);
enum gb_exit gb_cli_lanes_list(const struct gb_args *args);
enum gb_exit gb_cli_lanes_resume(const struct gb_args *args);
enum gb_exit gb_cli_lanes_republish(const struct gb_args *args);
enum gb_exit gb_cli_lanes_show(const struct gb_args *args);
enum gb_exit gb_cli_matters_history(const struct gb_args *args);
enum gb_exit gb_cli_matters_show(const struct gb_args *args);
enum gb_exit gb_cli_overlaps_claim(const struct gb_args *args);
enum gb_exit gb_cli_overlaps_confirm(const struct gb_args *args);
enum gb_exit gb_cli_overlaps_decide(const struct gb_args *args);
enum gb_exit gb_cli_overlaps_escalate(const struct gb_args *args);
enum gb_exit gb_cli_overlaps_hand_over(const struct gb_args *args);
enum gb_exit gb_cli_overlaps_list(const struct gb_args *args);
enum gb_exit gb_cli_overlaps_release(const struct gb_args *args);
enum gb_exit gb_cli_overlaps_show(const struct gb_args *args);
enum gb_exit gb_cli_overlaps_transfer(const struct gb_args *args);
enum gb_exit gb_cli_overlaps_undo(const struct gb_args *args);
enum gb_exit gb_cli_policy_activate(const struct gb_args *args);
enum gb_exit gb_cli_policy_redecide(const struct gb_args *args);
enum gb_exit gb_cli_replay(const struct gb_args *args);
enum gb_exit gb_cli_run_daemon(const struct gb_args *args);
enum gb_exit gb_cli_status(const struct gb_args *args);
enum gb_exit gb_cli_test_mapping(const struct gb_args *args);
enum gb_exit gb_cli_test_policy(const struct gb_args *args);
enum gb_exit gb_cli_topics_create(const struct gb_args *args);
enum gb_exit gb_cli_topics_list(const struct gb_args *args);
enum gb_exit gb_cli_topics_verify(const struct gb_args *args);
enum gb_exit gb_cli_version(const struct gb_args *args);
enum gb_exit gb_cli_writebacks_list(const struct gb_args *args);

/* explain RECORD.json */
enum gb_exit gb_cli_explain_dry(const struct gb_args *args);
/* explain --record FILE --adapter DIR */
enum gb_exit gb_cli_explain_record(const struct gb_args *args);

#endif
