/* The load: all the clients of a server, what they do, and what they notice of it. Prints one JSON object.

Knows the workloads' shape and what is measured of them. Must not know which server it talks to, nor how. */

#define _GNU_SOURCE
#include <getopt.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "crowd.h"

static const unsigned ANY = ~0u; /* CPU */

struct plan {
    unsigned port, pid, core, server_core, rooms, members, each, talkers, burst, idle, at_once, connects, messages;
    double rate, seconds, warm, patience, quiet;
    const char *dialect;
    bool tls;
};

/* What server and load have used so far; the difference of two of them is a stretch. */
struct usage {
    double wall, server, load, empty, idle; /* idle: of the CPUs that both run on */
    unsigned cpus;
    uint64_t deliveries, messages;
};

static double seconds_of(clockid_t clock) {
    struct timespec time = {0, 0};
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* A process's CPU time, with all its threads: the clock that clock_getcpuclockid(3) gives, without asking for it. */
static double cpu_of(unsigned pid) { return seconds_of((clockid_t)(~pid << 3 | 2)); }

/* How long the CPUs of server and load, or all of them if these may run anywhere, have had nothing to do: proc(5). */
static void add_idle(struct usage *usage, const struct plan *plan) {
    char line[400];
    unsigned cpu;
    double idle, waiting;
    bool any = plan->core == ANY || plan->server_core == ANY;
    FILE *file = fopen("/proc/stat", "r");
    while (file && fgets(line, sizeof line, file)) {
        if (sscanf(line, "cpu%u %*u %*u %*u %lf %lf", &cpu, &idle, &waiting) != 3)
            continue;
        if (any || cpu == plan->core || cpu == plan->server_core) {
            usage->idle += (idle + waiting) / (double)sysconf(_SC_CLK_TCK);
            usage->cpus++;
        }
    }
    if (file)
        fclose(file);
}

static struct usage usage_now(const struct crowd *crowd, const struct plan *plan) {
    struct usage usage = {
        .wall = (double)now() / 1e9,
        .server = cpu_of(plan->pid),
        .load = seconds_of(CLOCK_PROCESS_CPUTIME_ID),
        .empty = (double)crowd->empty / 1e9,
        .deliveries = crowd->talk.deliveries,
        .messages = crowd->talk.messages,
    };
    add_idle(&usage, plan);
    return usage;
}

/* A line of /proc/PID/status, in bytes. */
static unsigned long memory_of(unsigned pid, const char *what) {
    char path[40], line[200];
    unsigned long kibibytes = 0;
    sprintf(path, "/proc/%u/status", pid);
    FILE *file = fopen(path, "r");
    if (!file)
        fault("The server has ended.");
    while (fgets(line, sizeof line, file))
        if (!strncmp(line, what, strlen(what)))
            kibibytes = strtoul(line + strlen(what) + 1, NULL, 10);
    fclose(file);
    return kibibytes * 1024;
}

/* The members who never talk come first in each room: from them the log is learnt. */
static struct seat *talker(struct crowd *crowd, const struct plan *plan, unsigned which) {
    unsigned room = which / plan->talkers, among = which % plan->talkers;
    return &crowd->talk.seats[room * plan->members + plan->members - plan->talkers + among];
}

/* Closed loop: everybody who talks says the next message, or burst of them, when all others have received the last one;
until a time, or until everybody has said so many. */
static void answer_until(struct crowd *crowd, const struct plan *plan, double end) {
    if (!crowd->talk.answering) {
        crowd->talk.answering = true;
        for (unsigned which = 0; which < plan->rooms * plan->talkers; which++)
            crowd_answer(crowd, talker(crowd, plan, which));
    }
    while ((double)now() / 1e9 < end && (!plan->messages || crowd_expects(crowd)))
        crowd_turn(crowd, 10);
}

/* Open loop: so many messages per second whatever becomes of them, said in turn. Spins, so as not to be late. */
static void say_until(struct crowd *crowd, const struct plan *plan, double end) {
    double start = (double)now() / 1e9;
    for (uint64_t said = 0;;) {
        double due = start + (double)said / plan->rate, time = (double)now() / 1e9;
        if (time >= end && due >= end)
            return;
        if (time >= due && due < end) {
            unsigned which = (unsigned)(crowd->talk.messages % ((uint64_t)plan->rooms * plan->talkers));
            crowd_say(crowd, talker(crowd, plan, which), (uint64_t)(due * 1e9));
            said++;
        }
        crowd_turn(crowd, 0);
    }
}

static void talk(struct crowd *crowd, const struct plan *plan, double seconds) {
    double end = (double)now() / 1e9 + seconds;
    if (plan->rate > 0)
        say_until(crowd, plan, end);
    else
        answer_until(crowd, plan, end);
}

static void print_stretch(const struct usage *from, const struct usage *to, bool spinning) {
    double wall = to->wall - from->wall, load = to->load - from->load, empty = to->empty - from->empty;
    double others = to->cpus * wall - (to->idle - from->idle) - (to->server - from->server) - load;
    printf("\"seconds\": %.6f, \"server_cpu\": %.6f, \"load_busy\": %.4f, ", wall, to->server - from->server,
           (spinning ? wall - empty : load) / wall);
    printf("\"others_busy\": %.4f, ", others > 0 ? others / (to->cpus * wall) : 0);
    printf("\"deliveries\": %lu, \"messages\": %lu, ", to->deliveries - from->deliveries,
           to->messages - from->messages);
}

static void print_delays(const struct histogram *delays) {
    static const struct { const char *name; double share; } ASKED[] = {{"p50", 0.5}, {"p99", 0.99}, {"p999", 0.999}};
    for (size_t one = 0; one < sizeof ASKED / sizeof *ASKED; one++)
        printf("\"%s\": %.6f, ", ASKED[one].name, histogram_percentile(delays, ASKED[one].share) / 1e6);
    printf("\"slowest\": %.6f, ", (double)delays->most / 1e6);
}

/* People talk. */
static void measure_talk(struct crowd *crowd, const struct plan *plan) {
    crowd_come(crowd, crowd->talk.people, plan->at_once);
    crowd_come(crowd, plan->idle, plan->at_once);
    talk(crowd, plan, plan->warm);
    memset(&crowd->talk.delays, 0, sizeof crowd->talk.delays);
    struct usage from = usage_now(crowd, plan);
    talk(crowd, plan, plan->seconds);
    struct usage to = usage_now(crowd, plan);
    unsigned long resident = memory_of(plan->pid, "VmRSS"), peak = memory_of(plan->pid, "VmHWM");
    crowd_settle(crowd);
    printf("{");
    print_stretch(&from, &to, plan->rate > 0);
    print_delays(&crowd->talk.delays);
    printf("\"resident\": %lu, \"peak\": %lu, \"checked\": %lu}\n", resident, peak, crowd->talk.deliveries);
}

/* People come, and stay. */
static void measure_coming(struct crowd *crowd, const struct plan *plan) {
    unsigned long before = memory_of(plan->pid, "VmRSS");
    struct usage from = usage_now(crowd, plan);
    crowd_come(crowd, plan->connects, plan->at_once);
    struct usage to = usage_now(crowd, plan);
    for (uint64_t end = now() + 1000000000; now() < end;)
        crowd_turn(crowd, 10);
    unsigned long after = memory_of(plan->pid, "VmRSS");
    printf("{");
    print_stretch(&from, &to, false);
    printf("\"connects\": %u, \"before\": %lu, \"resident\": %lu, \"peak\": %lu}\n", plan->connects, before, after,
           memory_of(plan->pid, "VmHWM"));
}

/* ---- options ---- */

static const struct option OPTIONS[] = {
    {"port", 1, 0, 'p'},    {"pid", 1, 0, 'P'},      {"core", 1, 0, 'c'},     {"dialect", 1, 0, 'd'},
    {"rooms", 1, 0, 'r'},   {"members", 1, 0, 'm'},  {"talkers", 1, 0, 't'},  {"idle", 1, 0, 'i'},
    {"rate", 1, 0, 'R'},    {"seconds", 1, 0, 's'},  {"warm", 1, 0, 'w'},     {"patience", 1, 0, 'W'},
    {"at-once", 1, 0, 'o'}, {"connects", 1, 0, 'n'}, {"tls", 0, 0, 'T'},      {"server-core", 1, 0, 'C'},
    {"quiet", 1, 0, 'q'},   {"messages", 1, 0, 'M'}, {"burst", 1, 0, 'b'},    {"each", 1, 0, 'e'},
    {0, 0, 0, 0},
};

static void take_option(struct plan *plan, int option, const char *value) {
    unsigned whole = (unsigned)strtoul(value, NULL, 10);
    double number = strtod(value, NULL);
    switch (option) {
    case 'T': plan->tls = true; break;
    case 'p': plan->port = whole; break;
    case 'P': plan->pid = whole; break;
    case 'c': plan->core = whole; break;
    case 'C': plan->server_core = whole; break;
    case 'q': plan->quiet = number; break;
    case 'M': plan->messages = whole; break;
    case 'd': plan->dialect = value; break;
    case 'r': plan->rooms = whole; break;
    case 'm': plan->members = whole; break;
    case 'e': plan->each = whole; break;
    case 't': plan->talkers = whole; break;
    case 'b': plan->burst = whole; break;
    case 'i': plan->idle = whole; break;
    case 'R': plan->rate = number; break;
    case 's': plan->seconds = number; break;
    case 'w': plan->warm = number; break;
    case 'W': plan->patience = number; break;
    case 'o': plan->at_once = whole; break;
    case 'n': plan->connects = whole; break;
    default: fault("The load was given an option that it does not have.");
    }
}

/* What cannot be done is refused before anything is begun. */
static void refuse(const struct plan *plan) {
    if (!dialect_named(plan->dialect, false))
        fault("There is no dialect %s.", plan->dialect);
    if (!plan->each || plan->rooms % plan->each)
        fault("With each person in %u rooms there cannot be %u: the rooms have to be a multiple of that.", plan->each,
              plan->rooms);
    if (!dialect_named(plan->dialect, plan->each > 1))
        fault("The lines of %s do not name their room, so nobody can be in several.", plan->dialect);
    uint64_t seats = (uint64_t)plan->rooms * plan->members;
    if (plan->rooms > MOST_ROOMS || seats > MOST_SEATS)
        fault("At most %d rooms, and %d members of them all, can be counted.", MOST_ROOMS, MOST_SEATS);
    if (seats / plan->each + plan->idle + plan->connects > MOST_CLIENTS)
        fault("At most %d clients can be counted.", MOST_CLIENTS);
    if (!plan->connects && (plan->members < FEWEST_MEMBERS || !plan->talkers || plan->talkers > plan->members))
        fault("A room needs %d members, and of them at least one and at most all talk.", FEWEST_MEMBERS);
    if (!plan->burst || plan->burst > MOST_AT_ONCE)
        fault("At least one and at most %d messages can be said at once.", MOST_AT_ONCE);
}

static void settle_in(const struct plan *plan) {
    struct rlimit files;
    cpu_set_t cores;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    CPU_ZERO(&cores);
    CPU_SET(plan->core, &cores);
    if (plan->core != ANY && sched_setaffinity(0, sizeof cores, &cores))
        fault("CPU %u cannot be used.", plan->core);
}

int main(int count, char **values) {
    struct plan plan = {.core = ANY, .server_core = ANY, .rooms = 1, .each = 1, .burst = 1, .at_once = 64, .seconds = 4,
                        .warm = 0.5, .patience = 10, .quiet = 0.2, .dialect = "line"};
    for (int option; (option = getopt_long(count, values, "", OPTIONS, NULL)) != -1;)
        take_option(&plan, option, optarg ? optarg : "");
    refuse(&plan);
    settle_in(&plan);
    static struct crowd crowd;
    crowd.talk.dialect = dialect_named(plan.dialect, plan.each > 1);
    crowd.talk.seating = (struct seating){plan.connects ? 0 : plan.rooms, plan.members, plan.each};
    crowd.talk.burst = plan.burst;
    crowd.talk.limit = plan.messages ? plan.messages : UINT_MAX;
    crowd.tls = plan.tls;
    crowd.port = plan.port;
    crowd.patience = (uint64_t)(plan.patience * 1e9);
    crowd.quiet = (uint64_t)(plan.quiet * 1e9);
    crowd_prepare(&crowd, seating_people(&crowd.talk.seating) + plan.idle + plan.connects);
    if (plan.connects)
        measure_coming(&crowd, &plan);
    else
        measure_talk(&crowd, &plan);
    return 0;
}
