/* The program's entry: everything else is in the library that tests link. */
#include <signal.h>

#include "cli/command.h"

int main(int argc, char **argv)
{
    (void)signal(SIGPIPE, SIG_IGN);
    return (int)gb_cli_run(argc, argv, stdout, stderr);
}
