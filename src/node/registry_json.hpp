#pragma once
// The registry of things as the API shows it.

#include <boost/json/object.hpp>

#include "api/message.hpp"
#include "control/registry/import.hpp"
#include "control/registry/registry.hpp"

namespace perigee::node {

// The notation of api/schema.hpp for what to_json makes.
inline constexpr std::string_view thing_notation =
    "{name:text,kind:device|node,lifecycle:registered|provisioned|active|suspended|retired,groups:[text],"
    "attributes:{*:text},serial_number:text?,gateway:text?,created:time,changed:time,last_seen:time?}";
inline constexpr std::string_view token_notation =
    "{id:text,purpose:join|enrol|api|gateway,for:text,expires:time,uses:whole,uses_left:whole,created:time,by:text,"
    "state:valid|used|expired|revoked}";
inline constexpr std::string_view certificate_notation =
    "{serial:text,issuer:text,name:text,not_before:time,not_after:time,fingerprint:text,issued_by:text,"
    "state:current|superseded|revoked|pending,reason:text?,at:time?,grace_until:time?}";
inline constexpr std::string_view application_notation =
    "{id:text,name:text,kind:device|node,key:text,token:text,from:text?,asked:time,state:waiting|approved|denied,"
    "decided:time?,by:text?}";

[[nodiscard]] boost::json::object to_json(const control::registry::thing& one);
/// Without its secret's digest.
[[nodiscard]] boost::json::object to_json(const control::registry::token& one, timestamp now);
[[nodiscard]] boost::json::object to_json(const control::registry::certificate& one);
[[nodiscard]] boost::json::object to_json(const control::registry::application& one);
/// `{at,who,from,what,why,refused}`
[[nodiscard]] boost::json::object to_json(const control::registry::audit_row& one);

/// As a problem (RFC 9457), with the status that fits.
[[nodiscard]] api::answer refusal_of(const control::registry::refusal& why);
/// A problem with a member `errors`, `[{line,column,field,detail,right}]`, and `count` of them all.
[[nodiscard]] api::answer refusal_of(const std::vector<control::registry::import_fault>& all);

}  // namespace perigee::node
