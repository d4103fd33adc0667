/* SPDX-License-Identifier: Apache-2.0 */
#include "option_json.h"

json_t *option_sets_json(const struct option_set *sets, size_t n_sets)
{
        json_t *all = json_object();

        for (size_t s = 0; all && s < n_sets; s++) {
                for (size_t i = 0; i < sets[s].n_options; i++) {
                        const struct option *option = &sets[s].options[i];
                        _cleanup_free_ char *text = option_text(option, sets[s].config);

                        if (text)
                                json_object_set_new(all, option->name, json_string(text));
                }
        }
        return all;
}
