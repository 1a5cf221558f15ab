// SQLite's own allocations, and allocations of the test inside its callbacks.
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void shout(sqlite3_context *context, int count, sqlite3_value **values) {
    (void)count;
    const char *text = (const char *)sqlite3_value_text(values[0]);
    char *copy = strdup(text ? text : "");
    for (char *c = copy; *c; c++) *c = (char)(*c & ~32);
    sqlite3_result_text(context, copy, -1, free);
}

static int reversed(void *argument, int a, const void *x, int b, const void *y) {
    (void)argument;
    free(malloc((size_t)a + 1));
    int order = memcmp(y, x, (size_t)(a < b ? a : b));
    return order ? order : b - a;
}

static int row(void *argument, int count, char **values, char **names) {
    (void)names;
    for (int i = 0; i < count; i++) free(strdup(values[i] ? values[i] : ""));
    ++*(int *)argument;
    return 0;
}

static void run(sqlite3 *database, const char *statement, int *rows) {
    char *message = NULL;
    if (sqlite3_exec(database, statement, row, rows, &message) != SQLITE_OK) {
        fprintf(stderr, "sqlite: %s\n", message);
        exit(1);
    }
}

int main(void) {
    sqlite3 *database;
    int rows = 0;
    sqlite3_open(":memory:", &database);
    sqlite3_create_function(database, "shout", 1, SQLITE_UTF8, NULL, shout, NULL, NULL);
    sqlite3_create_collation(database, "reversed", SQLITE_UTF8, NULL, reversed);
    run(database, "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, body BLOB); CREATE INDEX i ON t(name)", &rows);
    for (int i = 0; i < 400; i++) {
        char statement[200];
        snprintf(statement, sizeof statement, "INSERT INTO t(name, body) VALUES('name %d', zeroblob(%d))",
            i * 7919 % 1009, i * 5);
        run(database, statement, &rows);
    }
    run(database, "SELECT shout(name), length(body) FROM t ORDER BY name COLLATE reversed", &rows);
    run(database, "SELECT a.name, count(*) FROM t a JOIN t b ON a.id < b.id WHERE b.id < 30 "
        "GROUP BY a.name HAVING count(*) > 2", &rows);
    run(database, "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 200) "
        "SELECT x, hex(randomblob(8)) FROM c", &rows);
    run(database, "UPDATE t SET name = shout(name) WHERE id % 3 = 0; DELETE FROM t WHERE id % 5 = 0; VACUUM", &rows);
    sqlite3_close(database);
    printf("%d rows\n", rows);
    return rows > 500 ? 0 : 1;
}
