#pragma once

#include <boost/json/object.hpp>
#include <string_view>

#include "api/route.hpp"
#include "model/gap.hpp"
#include "readers/history/history_reader.hpp"

namespace perigee::node {

/// What GET /api/v1/gaps answers, in the notation of api/schema.hpp.
inline constexpr std::string_view gaps_page =
    "{gaps:[{node:text,lane:text,first:whole,last:whole,count:whole,messages:whole,reason:text,oldest:time?,"
    "newest:time?,topics:[{topic:text,messages:whole}],others:whole,sentence:text}]}";

/// A gap of this node's, or of one below it, as the API shows it.
[[nodiscard]] boost::json::object to_json(std::string_view node, const model::gap& g);
/// The newest gaps known here: which records of this node and those below it are gone, and why (promise P3). None
/// without a history.
[[nodiscard]] api::answer list_gaps(const readers::history::history_reader* history);

}  // namespace perigee::node
