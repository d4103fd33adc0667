/* SPDX-License-Identifier: Apache-2.0 */
#include "connection.h"

#include "clock.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/un.h>

#define DEFAULT_HOST    "127.0.0.1"
#define NAME_MAX_LENGTH 64 /* of a database */

#define ERROR_NO_DATABASE 1049

/* Both libraries ask for it before the first thread that uses them. */
static pthread_once_t library_once = PTHREAD_ONCE_INIT;

static void library_init(void)
{
        mysql_library_init(0, NULL, NULL);
}

void connection_thread_end(void)
{
        mysql_thread_end();
}

/* Names go into statements between backquotes: nothing that could end those. */
static bool name_valid(const char *name)
{
        size_t length = strlen(name);

        for (size_t i = 0; i < length; i++)
                if (!isalnum((unsigned char)name[i]) && !strchr("_-$", name[i]))
                        return false;
        return length > 0 && length <= NAME_MAX_LENGTH;
}

int connection_check(struct connection_config *config, struct why *why)
{
        struct sockaddr_un address;

        if (config->socket && config->host)
                return why_set(why, -EINVAL, "--host", config->host,
                        "--socket is given too: leave one of them out");
        if (config->socket && strlen(config->socket) >= sizeof(address.sun_path))
                return why_set(why, -EINVAL, "--socket", config->socket,
                        "a socket's path has at most %zu characters", sizeof(address.sun_path) - 1);
        if (!name_valid(config->database))
                return why_set(why, -EINVAL, "--database", config->database,
                        "a name is 1 to %d letters, digits, '_', '-' or '$'", NAME_MAX_LENGTH);
        if (!config->socket && !config->host) {
                config->host = strdup(DEFAULT_HOST);
                if (!config->host)
                        return why_errno(why, -ENOMEM, "--host", NULL);
        }
        return 0;
}

/* The libraries count in whole seconds, and 0 is for ever. */
static unsigned seconds(uint64_t ns)
{
        return (unsigned)((ns + NS_PER_S - 1) / NS_PER_S);
}

static void set_options(MYSQL *mysql, const struct connection_config *config)
{
        unsigned connect_s = seconds(config->connect_timeout_ns);
        unsigned query_s = seconds(config->query_timeout_ns);
        unsigned protocol = config->socket ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;

        mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
        mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &query_s);
        mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &query_s);
        mysql_options(mysql, MYSQL_OPT_PROTOCOL, &protocol);
        /* Never TLS, whatever the library's version makes of no option: it would be measured. */
#ifdef MARIADB_PACKAGE_VERSION
        mysql_bool no = 0;

        mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &no);
        mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &no);
#else
        unsigned mode = SSL_MODE_DISABLED;
        bool yes = true;

        mysql_options(mysql, MYSQL_OPT_SSL_MODE, &mode);
        /* Without TLS a password needs the server's key for its way (caching_sha2_password). */
        mysql_options(mysql, MYSQL_OPT_GET_SERVER_PUBLIC_KEY, &yes);
#endif
}

static int why_connect(struct why *why, MYSQL *mysql, const struct connection_config *config)
{
        unsigned number = mysql_errno(mysql);

        if (number == ERROR_NO_DATABASE)
                return why_set(why, -ENOENT, "--database", config->database,
                        "the server has none of that name: run \"tileload oltp prepare\" first");
        return why_set(why, -ECONNREFUSED, config->socket ? "--socket" : "--host",
                config->socket ? config->socket : config->host,
                fault_of(number) == FAULT_LOST
                        ? "no database server answers there: start it, or correct the address (%s)"
                        : "the database server refuses the connection: %s",
                mysql_error(mysql));
}

static int connect_to(struct connection *connection, const struct connection_config *config,
        const char *database, struct why *why)
{
        int r = 0;

        pthread_once(&library_once, library_init);
        connection->mysql = mysql_init(NULL);
        if (!connection->mysql)
                return why_errno(why, -ENOMEM, "database connection", NULL);
        set_options(connection->mysql, config);
        if (!mysql_real_connect(connection->mysql, config->host, config->user, config->password,
                    database, config->socket ? 0 : (unsigned)config->port, config->socket, 0)) {
                r = why_connect(why, connection->mysql, config);
                connection_close(connection);
        }
        return r;
}

static int create_database(
        struct connection *connection, const struct connection_config *config, struct why *why)
{
        char sql[NAME_MAX_LENGTH + 64];
        int r;

        r = connect_to(connection, config, NULL, why);
        if (r < 0)
                return r;
        snprintf(sql, sizeof(sql), "CREATE DATABASE IF NOT EXISTS `%s`", config->database);
        if (connection_query(connection, sql) == FAULT_NONE &&
                mysql_select_db(connection->mysql, config->database) == 0)
                return 0;
        r = why_set(why, -EIO, "--database", config->database, "cannot be made: %s",
                mysql_error(connection->mysql));
        connection_close(connection);
        return r;
}

/*
 * A wait for a lock must end as the server's answer (which rolls back, and is tried again), before
 * the query's time-out ends it as a lost connection: the server's own limit is 50 s. A server that
 * knows no such variable has no such waits.
 */
static void limit_lock_wait(struct connection *connection, const struct connection_config *config)
{
        char sql[64];

        snprintf(sql, sizeof(sql), "SET SESSION innodb_lock_wait_timeout = %u",
                MAX(1u, seconds(config->query_timeout_ns) / 2));
        connection_query(connection, sql);
}

int connection_open(struct connection *connection, const struct connection_config *config,
        bool create, struct why *why)
{
        int r;

        r = connect_to(connection, config, config->database, why);
        if (r == -ENOENT && create)
                r = create_database(connection, config, why);
        if (r == 0)
                limit_lock_wait(connection, config);
        return r;
}

void connection_close(struct connection *connection)
{
        if (connection->mysql)
                mysql_close(connection->mysql);
        connection->mysql = NULL;
}

enum fault connection_query(struct connection *connection, const char *sql)
{
        if (mysql_real_query(connection->mysql, sql, strlen(sql)) == 0)
                return FAULT_NONE;
        return fault_of(mysql_errno(connection->mysql));
}

static int socket_of(MYSQL *mysql)
{
#ifdef MARIADB_PACKAGE_VERSION
        return mysql_get_socket(mysql);
#else
        return mysql->net.fd;
#endif
}

/* Until the answer begins. The library itself can only wait with a limit and without stop. */
static int wait_for_answer(MYSQL *mysql, const struct stop *stop)
{
        struct pollfd fds[] = {
                {.fd = socket_of(mysql), .events = POLLIN},
                {.fd = stop->fd, .events = POLLIN},
        };

        for (;;) {
                if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
                        return -errno;
                if (stop_requested(stop))
                        return -ECANCELED;
                if (fds[0].revents)
                        return 0;
        }
}

static int why_query(struct why *why, const char *what, MYSQL *mysql)
{
        return why_set(why, -EIO, what, NULL, "%s", mysql_error(mysql));
}

int connection_run(struct connection *connection, const char *what, const char *sql, size_t size,
        const struct stop *stop, MYSQL_RES **ret_result, struct why *why)
{
        MYSQL *mysql = connection->mysql;
        MYSQL_RES *result;
        int r;

        if (stop_requested(stop))
                return -ECANCELED;
        if (mysql_send_query(mysql, sql, size) != 0)
                return why_query(why, what, mysql);
        r = wait_for_answer(mysql, stop);
        if (r == -ECANCELED)
                return r;
        if (r < 0)
                return why_errno(why, r, what, NULL);
        if (mysql_read_query_result(mysql) != 0)
                return why_query(why, what, mysql);
        if (!ret_result)
                return 0;
        result = mysql_store_result(mysql);
        if (!result)
                return why_query(why, what, mysql);
        *ret_result = result;
        return 0;
}
