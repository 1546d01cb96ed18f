#include "control/registry/lifecycle.hpp"

#include <algorithm>

namespace perigee::control::registry {
namespace {

constexpr std::array<std::string_view, lifecycle_count> names{"registered", "provisioned", "active", "suspended",
                                                              "retired"};

using answer = std::expected<stage, const char*>;

answer to(lifecycle now) { return stage{now, lifecycle::registered}; }

answer suspended_from(stage from) {
  switch (from.now) {
    case lifecycle::provisioned:
    case lifecycle::active: return stage{lifecycle::suspended, from.now};
    case lifecycle::registered:
      return std::unexpected("it has no certificate yet, so there is nothing to suspend: delete it, or retire it");
    case lifecycle::suspended: return std::unexpected("it is suspended already: resume it, or retire it");
    case lifecycle::retired: break;
  }
  return std::unexpected("it is retired, which is for good: delete it, and add it anew if it is to come back");
}

answer resumed_from(stage from) {
  if (from.now == lifecycle::suspended) return to(from.before);
  if (from.now == lifecycle::retired) {
    return std::unexpected("it is retired, which is for good: delete it, and add it anew if it is to come back");
  }
  return std::unexpected("it is not suspended: only what is suspended can be resumed");
}

answer provisioned_from(stage from) {
  switch (from.now) {
    case lifecycle::registered: return to(lifecycle::provisioned);
    case lifecycle::provisioned:
    case lifecycle::active: return from;  // a further certificate changes nothing
    case lifecycle::suspended: return std::unexpected("it is suspended: resume it before it gets a certificate");
    case lifecycle::retired: break;
  }
  return std::unexpected("it is retired and gets no certificate: delete it, and add it anew if it is to come back");
}

answer activated_from(stage from) {
  switch (from.now) {
    case lifecycle::provisioned:
    case lifecycle::active: return to(lifecycle::active);
    case lifecycle::registered: return std::unexpected("it has no certificate yet: provision it first");
    case lifecycle::suspended: return std::unexpected("it is suspended: resume it first");
    case lifecycle::retired: break;
  }
  return std::unexpected("it is retired, which is for good: delete it, and add it anew if it is to come back");
}

}  // namespace

std::expected<stage, const char*> next(stage from, step taken) {
  switch (taken) {
    case step::provision: return provisioned_from(from);
    case step::activate: return activated_from(from);
    case step::suspend: return suspended_from(from);
    case step::resume: return resumed_from(from);
    case step::retire: break;
  }
  if (from.now == lifecycle::retired) return std::unexpected("it is retired already: it can be deleted");
  return to(lifecycle::retired);
}

std::optional<const char*> unfit_to_delete(lifecycle now) {
  if (now == lifecycle::registered || now == lifecycle::retired) return std::nullopt;
  return "it has a certificate that is in force: retire it first, which revokes that";
}

std::string_view name_of(lifecycle l) { return names[static_cast<std::size_t>(l)]; }

std::optional<lifecycle> lifecycle_of(std::string_view name) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<lifecycle>(found - names.begin());
}

std::string_view done_of(step s) {
  switch (s) {
    case step::provision: return "provisioned";
    case step::activate: return "activated";
    case step::suspend: return "suspended";
    case step::resume: return "resumed";
    case step::retire: break;
  }
  return "retired";
}

}  // namespace perigee::control::registry
