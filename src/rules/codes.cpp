#include "rules/codes.hpp"

#include <array>

namespace perigee::rules {
namespace {

constexpr auto table = std::to_array<code_text>({
    {"P0200", "not a text", "A rule file is UTF-8 text; this one holds a zero byte."},
    {"P0201", "never ends",
     "A text needs a closing ', a quoted name a closing \", a comment a closing */. Texts and names "
     "end on the line they begin on; a quote within one is doubled: 'it''s'."},
    {"P0202", "unknown character", "This character has no meaning in a rule. Texts stand in 'single quotes'."},
    {"P0203", "something else was expected",
     "The message names what the language wants here and what it found instead. A "
     "field whose name is a word of SQL is written in \"double quotes\"."},
    {"P0204", "FROM is missing", "A rule says which topics it listens to: FROM 'site/+/machine/#'."},
    {"P0205", "unknown function", "docs/rules.md lists the functions."},
    {"P0206", "wrong number of arguments", "The help line shows how the function is called."},
    {"P0207", "wrong type",
     "An operator or function was given a value of a type that it cannot use. cast(x AS number) "
     "converts; a condition is a comparison, not a number."},
    {"P0208", "not a topic filter", "'+' stands for one whole level, '#' for all that follow and only at the end."},
    {"P0209", "not yet in this version", "The clause is known and will come, such as ordering."},
    {"P0210", "two columns of one name", "Each column becomes a member of one JSON object: rename one with AS."},
    {"P0211", "not a number", "A number is written like 85, 0.5 or 1e-3."},
    {"P0212", "over a bound", "docs/limits.md lists the bounds of rules. Divide the rule in two."},
    {"P0213", "no header", "A rule file begins with a line /*, the rule's actions in TOML, and a line */."},
    {"P0214", "the header is not TOML", "Between /* and */ stands TOML: key = value, and [[action]] tables."},
    {"P0215", "unknown key", "docs/rules.md lists the keys of the header and of each action."},
    {"P0216", "wrong value", "The key is known, its value is of another type or outside what is allowed."},
    {"P0217", "what to do is unclear",
     "An action holds exactly one of publish, alarm, store, table, webhook and email."},
    {"P0218", "a template that does not close", "An expression in a template is written ${expression}."},
    {"P0219", "not a topic to send to", "One sends to a topic, not to a filter: without '+' and '#', and not empty."},
    {"P0220", "two rules of one name", "Counters and alarms go by a rule's name: give one of the two another."},
    {"P0221", "a column without a name", "Only a plain field names its column by itself: add AS and a name."},
    {"P0222", "a rule without an action", "Add an [[action]] with publish, alarm, store, table, webhook or email."},
    {"P0223", "a rule that would feed itself",
     "What the rule sends is what it listens to, without a WHERE that could tell "
     "the difference: it would never end."},
    {"P0224", "a field that is not declared",
     "The header's [fields] lists what the payload has; a name that is not there is most often a slip of the pen."},
    {"P0225", "not a constant",
     "A pattern, a time zone or an encoding is made ready when the rule is loaded, so it must be written in the rule."},
    {"P0226", "a pattern that does not compile",
     "Regular expressions are those of RE2, without references back and looking around; time patterns those of "
     "Joda-Time, such as 'yyyy-MM-dd HH:mm:ss'."},
    {"P0227", "a window that cannot be",
     "TUMBLINGWINDOW(ss, 10), HOPPINGWINDOW(ss, 60, 5), SLIDINGWINDOW(mi, 1), SESSIONWINDOW(ss, 300, 10) and "
     "COUNTWINDOW(5, 1) are the windows; docs/rules.md says what each is."},
    {"P0228", "a window is missing",
     "An aggregate, GROUP BY and HAVING are of the messages of a window: GROUP BY machine, TUMBLINGWINDOW(ss, 10)."},
    {"P0229", "neither grouped nor aggregated",
     "A rule with a window acts when the window ends. By then there are many messages, so what it selects is a key of "
     "GROUP BY or made of aggregates: last(x), avg(x)."},
    {"P0230", "a test that does not say what it should", "docs/rules.md shows the form of a *.test.toml."},
    {"P0231", "no such table", "A JOIN and a `table` action name a [[table]] of the rule's own header."},
    {"P0232", "two tables of one name",
     "Rules share a table by declaring it alike: the same file or the same columns, key and ttl."},
    {"P0233", "a JOIN or a table that cannot be",
     "A JOIN asks a table by its key, ON machines.id = topic(2), or joins two streams that have names of their own, "
     "FROM "
     "'a' AS a JOIN 'b' AS b ON a.id = b.id. A rule writes a table without a file, and its SELECT "
     "has a column for each of the table's."},
    {"P0234", "not a table",
     "The first line of the CSV names its columns, every other line has as many fields and a key of its own; "
     "docs/limits.md has the bounds."},
    {"P0235", "no such column",
     "Of two streams a field is written with its stream's name: a.x. The table has other columns: the file's first "
     "line, or the key and `columns`, say which."},
    {"P0236", "no value is provided for",
     "With [fields] a rule says what it does where there is no value: x DEFAULT 0, TRY(a / b), x IS NOT NULL AND ..., "
     "coalesce(x, 0). A field of which the header says that it may be missing (\"number?\"), a division and a "
     "conversion "
     "of a text may have none."},
    {"P0237", "a MATCH that cannot be",
     "MATCH a AS (x > 1) THEN b AS (x > a.x) THEN NOT (ok) WITHIN 10 SECONDS: two steps at least, each with a name of "
     "its "
     "own, NOT behind one of them."},
    {"P0240", "a destination that is not there",
     "webhook and email name a [[webhook]] or [[email]] of the node's configuration; `perigee validate` of the "
     "configuration knows which there are."},
    {"P0241", "not for an interlock",
     "An interlock acts once, when its message arrives and before that is durable: it publishes with QoS 0, and has "
     "nothing "
     "to remember."},
});

}  // namespace

std::span<const code_text> code_texts() { return table; }

}  // namespace perigee::rules
