# SPDX-License-Identifier: Apache-2.0
"""Validates JSON against the schemas in docs/schema."""

import json
import os

import jsonschema

DIRECTORY = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'docs', 'schema')


def validate(document, name):
    """Raises AssertionError with the place in the document; name is run, stats or targets."""
    with open(os.path.join(DIRECTORY, name + '.schema.json')) as f:
        schema = json.load(f)
    errors = sorted(jsonschema.Draft202012Validator(schema).iter_errors(document),
                    key=lambda e: list(map(str, e.absolute_path)))
    if errors:
        raise AssertionError('\n'.join(
            '%s: %s' % ('/'.join(map(str, e.absolute_path)), e.message[:300]) for e in errors[:5]))
