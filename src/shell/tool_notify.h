/* Telling the service manager (sd_notify protocol): one datagram to $NOTIFY_SOCKET. */
#ifndef SHELL_TOOL_NOTIFY_H
#define SHELL_TOOL_NOTIFY_H

/* Sends lines such as "READY=1" or "STATUS=waits for Kafka". Without a socket does nothing; a
 * failure is the manager's trouble and not reported. */
void gb_tool_notify(const char *lines);

#endif
