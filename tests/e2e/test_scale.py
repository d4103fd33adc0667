# SPDX-License-Identifier: Apache-2.0
"""Many tiles at once: 32 of them, 256 guests with 32 database servers, on whatever this machine has."""

import unittest

from harness import SLOWDOWN, main
from test_run import Run


@unittest.skipIf(SLOWDOWN > 1, 'sanitizers are too slow and large for 288 roles')
class Scale(unittest.TestCase):
    def test_thirty_two_tiles(self):
        run = Run(self, '--profile', 'small', '--tiles', '32', '--warmup', '5s', '--max-warmup', '5s',
                  '--duration', '20s', '--max-average', '1m', '--max-p95', '1m', '--max-p99', '1m')
        run.finish(timeout=280)
        self.assertEqual(run.left(), {})
        result = run.result()
        self.assertTrue(result['complete'], run.stderr)
        step, = result['steps']
        self.assertEqual(len(step['tile_results']), 32)
        for tile in step['tile_results']:
            for g in tile['guests']:
                who = 'tile %d %s' % (tile['tile'], g['name'])
                self.assertIsNone(g['problem'], who)
                self.assertEqual(g['errors'], {}, who)
                if g['name'] != 'idle':
                    self.assertGreater(g['work'], 0, who)
        # Poisson's 100 requests a tile waver by a tenth, which alone makes it 0.99.
        self.assertGreater(step['fairness_jain'], 0.97)
        # Measuring: a fifth of a millisecond of CPU for each reading of a guest, both ends together,
        # and a fourth more for a machine that is slower than the one this was measured on.
        cost = step['harness']
        asking = cost['cpu_s'] / (step['warmup_s'] + step['duration_s'])
        answering = cost['answering_cpu_s'] / step['duration_s']
        self.assertLess((asking + answering) / 288, 0.25e-3)


if __name__ == '__main__':
    main()
