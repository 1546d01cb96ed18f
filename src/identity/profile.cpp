#include "identity/profile.hpp"

#include <array>

namespace perigee::identity {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::years;

constexpr const char* authority_usage = "critical,keyCertSign,cRLSign";
constexpr const char* leaf_usage = "critical,digitalSignature";

constexpr std::array<profile_terms, 5> table{{
    {years(20), days(1), years(30), 2, authority_usage, nullptr},
    {years(10), days(1), years(20), 1, authority_usage, nullptr},
    {days(365), hours(1), years(10), 0, authority_usage, nullptr},
    {days(90), hours(1), years(10), std::nullopt, leaf_usage, "clientAuth,serverAuth"},
    {days(90), hours(1), years(10), std::nullopt, leaf_usage, "clientAuth"},
}};

}  // namespace

const profile_terms& terms_of(profile which) { return table.at(static_cast<std::size_t>(which)); }

}  // namespace perigee::identity
