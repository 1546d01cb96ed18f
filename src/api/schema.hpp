#pragma once

#include <boost/json/value.hpp>
#include <string_view>

namespace perigee::api {

/// JSON Schema (2020-12) of a short notation, in which routes say what they answer:
///
///     {name:text,at:time?,rows:[[number]],state:up|away}
///
/// `text`, `whole`, `number`, `bool`, `time` (ISO 8601) and `any` are types; words with | between them are texts of
/// which it is one; {} is an object with exactly these members, {*:T} one whose members are all T; [T] is a list; ?
/// behind a type allows null, and in front of a member's colon allows it to be absent. For our own tables: checks that
/// it is well-formed.
[[nodiscard]] boost::json::value schema_of(std::string_view notation);

}  // namespace perigee::api
