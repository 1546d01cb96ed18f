#pragma once
// [[webhook]] and [[email]]: what can be said, and what must fit together.

#include "base/rules_limits.hpp"
#include "node/detail/kind.hpp"

namespace perigee::node::detail {

template <class Of>
constexpr option<Of> delivery_timeout =
    row<&Of::timeout, kind::duration, Of>("timeout", "\"10s\"", "of one try, the answer included");
template <class Of>
constexpr option<Of> delivery_retry_min =
    row<&Of::retry_min, kind::duration, Of>("retry_min", "\"1s\"", "the first pause before another try");
template <class Of>
constexpr option<Of> delivery_retry_max =
    row<&Of::retry_max, kind::duration, Of>("retry_max", "\"5m\"", "the longest; each is up to twice the one before");
template <class Of>
constexpr option<Of> delivery_give_up = row<&Of::give_up, kind::duration, Of>(
    "give_up", "\"1d\"", "what is older than this and still not taken goes to quarantine");
template <class Of>
constexpr option<Of> delivery_authority = row<&Of::authority, kind::file, Of>(
    "authority", "the machine's own list", "PEM: who signs the other side's certificate");

inline constexpr option<webhook_config> webhook_options[] = {
    row<&webhook_config::name, kind::name, webhook_config>("name", "required", "as rules call it: webhook = \"NAME\""),
    row<&webhook_config::url, kind::text, webhook_config>("url", "required, or `secret_url`",
                                                          "https://host/path; http on loopback"),
    row<&webhook_config::secret_url, kind::secret_reference, webhook_config>(
        "secret_url", "none", "the URL, where whoever knows it may post: its first line is read at the start"),
    row<&webhook_config::in_the_clear, kind::boolean, webhook_config>("in_the_clear", "false",
                                                                      "http to another machine: who listens reads all"),
    row<&webhook_config::token, kind::secret_reference, webhook_config>(
        "token", "none", "for `Authorization: Bearer`; read at each try"),
    delivery_authority<webhook_config>,
    row<&webhook_config::certificate, kind::file, webhook_config>("certificate", "none",
                                                                  "PEM: the certificate to show"),
    row<&webhook_config::key, kind::file, webhook_config>("key", "none", "PEM: the certificate's private key"),
    delivery_timeout<webhook_config>,
    delivery_retry_min<webhook_config>,
    delivery_retry_max<webhook_config>,
    delivery_give_up<webhook_config>,
};

inline constexpr option<email_config> email_options[] = {
    row<&email_config::name, kind::name, email_config>("name", "required", "as rules call it: email = \"NAME\""),
    row<&email_config::url, kind::text, email_config>(
        "url", "required", "the mail server: smtps://host:465, or smtp://host:587, where STARTTLS must succeed"),
    row<&email_config::in_the_clear, kind::boolean, email_config>(
        "in_the_clear", "false", "where the server has no TLS: who listens reads mails and the password"),
    row<&email_config::from, kind::text, email_config>("from", "required", "the sender's address: name@host"),
    row<&email_config::to, kind::list_of<kind::text, limits::email_recipients_max>, email_config>(
        "to", "required", "whom it goes to: [\"operator@plant.example\"]"),
    row<&email_config::user, kind::text, email_config>("user", "none", "the user name at the server"),
    row<&email_config::password, kind::secret_reference, email_config>("password", "none", "read at each try"),
    delivery_authority<email_config>,
    delivery_timeout<email_config>,
    delivery_retry_min<email_config>,
    delivery_retry_max<email_config>,
    delivery_give_up<email_config>,
};

void check_deliveries(reading& in, const value& root, const config& of);

}  // namespace perigee::node::detail
