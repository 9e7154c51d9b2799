/* Bounds of the shell's queues and of its work in one turn of a loop. */
#ifndef SHELL_LIMITS_H
#define SHELL_LIMITS_H

#define GB_INBOX_MAX 1024U           /* functions waiting for a loop */
#define GB_WORKER_JOBS_MAX 64U       /* jobs waiting for a worker thread */
#define GB_TURN_RECORDS_MAX 500U     /* Kafka records handed out in one turn of a loop */
#define GB_ROWS_EVENT_MAX 1000U      /* rows of one GB_EV_PG_ROWS */
#define GB_READBACK_CHUNK_MAX 200U   /* records of one task of the read-back */
#define GB_FILE_BYTES_MAX ((size_t)16 << 20)
#define GB_FOLDER_BYTES_MAX ((size_t)64 << 20)
#define GB_FOLDER_FILES_MAX 1000U

#endif
