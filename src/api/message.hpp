#pragma once
// What is asked of the API and what it answers, apart from HTTP's bytes.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/parameters.hpp"
#include "api/role.hpp"
#include "io/peer_certificate.hpp"
#include "io/task.hpp"

namespace perigee::api {

/// A body that is not at hand as a whole: it is sent piece by piece as it comes (RFC 9112 7.1). Owned by its answer;
/// ends with the last piece, or when the client leaves.
class body_source {
 public:
  virtual ~body_source() = default;
  /// The next piece, empty at the end. It comes within `silence_max`, if only as a sign of life: so that a client that
  /// went away is noticed.
  [[nodiscard]] virtual io::task<std::string> next() = 0;

  static constexpr std::chrono::seconds silence_max{5};
};

using header_lines = std::vector<std::pair<std::string_view, std::string>>;

struct answer {
  unsigned status = 200;
  std::string_view type = "application/json";
  std::string body{};
  std::unique_ptr<body_source> goes_on{};  // in place of `body`
  header_lines headers{};                  // further ones
  bool gzipped = false;                    // `body` is so already; who does not accept that gets it unpacked
  bool immutable = false;                  // the path names the content: it may be kept for ever
  std::string name{};                      // whom the request turned out to come from, for the audit
  std::string_view reason{};               // of a problem: its type
};

/// An error as RFC 9457 has it. All texts are for a person, but `type`, which a program may act on.
struct problem_details {
  unsigned status = 500;
  std::string_view title{};               // one sentence, the same each time
  std::string_view type = "about:blank";  // a path: "/problems/no-session"; docs/api.md lists them
  std::string detail{};                   // what is wrong this time
  std::string field{};                    // the parameter that is wrong
  std::string right{};                    // what it would take
  std::string user{};                     // whom it is about
};
[[nodiscard]] answer problem(const problem_details& what);
[[nodiscard]] answer problem(unsigned status, std::string_view title);

/// Who asks, as far as the server found out.
struct caller {
  enum class proof {
    none,
    peer,         // a place or a certificate from which one may look
    certificate,  // of a user
    session,
    user_token,
    node_token,  // of run.json
  };
  enum class bearer { none, taken, wrong, unheard };  // unheard: its address has to wait

  proof by = proof::none;
  role as = role::none;
  std::string name{};                 // of the user or the certificate; empty where nobody says so
  std::string address{};              // without the port
  std::string token{};                // the name of the user's token that was shown
  std::vector<std::string> scopes{};  // of that token
  bearer shown = bearer::none;        // what came of an Authorization: Bearer

  /// For the audit: "ann", "ann (token ci)", "the node's token", "nobody".
  [[nodiscard]] std::string title() const;
  /// The same for logs: "ann at 127.0.0.1".
  [[nodiscard]] std::string text() const;
};

/// What a handler is asked.
struct request {
  std::string method;
  std::string path;                   // without the query
  std::vector<std::string> captured;  // what stands in the path where the pattern has {...}, in order; decoded
  parameters given;                   // of the path, the query and the body, checked against the route's table
  caller who;
  std::string body;                // where the route does not describe one, as it came
  std::string accept;              // the media types that the client takes (RFC 9110 12.5.1); empty: any
  std::string session;             // what the session's cookie holds; empty without one
  bool secure = false;             // over TLS
  std::string authorization{};     // the header, for routes that ask who it is themselves
  std::string certificate_name{};  // whom the client's certificate names; empty without one
  std::shared_ptr<const io::peer_certificate> certificate{};  // null without one

  /// The first of this name; nothing where it is not there.
  [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const { return given.text(name); }
};
using handler = std::function<io::task<answer>(request)>;

/// A handler that waits for nothing.
[[nodiscard]] handler at_once(std::function<answer(const request&)> make);

}  // namespace perigee::api
