/* SPDX-License-Identifier: Apache-2.0 */
#include "target.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define OPTION       "--target"
#define DEFAULT_PORT "8080"

static void url_cleanup_p(CURLU **url)
{
        curl_url_cleanup(*url);
}

static void curl_free_p(char **text)
{
        curl_free(*text);
}

static bool has(CURLU *url, CURLUPart part)
{
        _cleanup_(curl_free_p) char *text = NULL;

        return curl_url_get(url, part, &text, 0) == CURLUE_OK;
}

/* The part is there, and is this. */
static bool is(CURLU *url, CURLUPart part, const char *expected)
{
        _cleanup_(curl_free_p) char *text = NULL;

        return curl_url_get(url, part, &text, 0) == CURLUE_OK && strcmp(text, expected) == 0;
}

int target_parse(const char *text, CURLU **ret, struct why *why)
{
        static const CURLUPart unwanted[] = {
                CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT};
        _cleanup_(url_cleanup_p) CURLU *url = curl_url();
        CURLUcode code;

        if (!url)
                return why_errno(why, -ENOMEM, OPTION, text);
        code = curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME);
        if (code != CURLUE_OK)
                return why_set(why, -EINVAL, OPTION, text, "%s; give http://HOST:PORT",
                        curl_url_strerror(code));
        if (!is(url, CURLUPART_SCHEME, "http"))
                return why_set(why, -EINVAL, OPTION, text,
                        "only http is supported; give http://HOST:PORT");
        if (!is(url, CURLUPART_PATH, "/"))
                return why_set(why, -EINVAL, OPTION, text,
                        "has a path, but every request brings its own; give http://HOST:PORT");
        for (size_t i = 0; i < ARRAY_SIZE(unwanted); i++)
                if (has(url, unwanted[i]))
                        return why_set(why, -EINVAL, OPTION, text,
                                "has more than a host and a port; give http://HOST:PORT");
        if (!has(url, CURLUPART_PORT) &&
                curl_url_set(url, CURLUPART_PORT, DEFAULT_PORT, 0) != CURLUE_OK)
                return why_errno(why, -ENOMEM, OPTION, text);
        *ret = STEAL_PTR(url);
        return 0;
}
