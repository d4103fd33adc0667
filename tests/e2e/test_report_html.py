# SPDX-License-Identifier: Apache-2.0
"""tileload report --format html: the document, and what a browser makes of it."""

import html.parser
import json
import os
import re
import shutil
import stat
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

import browser
import sample_run
import schema
from harness import main, run

VOID = {'area', 'base', 'br', 'col', 'embed', 'hr', 'img', 'input', 'link', 'meta', 'source',
        'track', 'wbr'}

# Where a document may name something to be fetched.
REFERENCES = {'src', 'href', 'xlink:href', 'data', 'action', 'poster', 'srcset', 'background'}

MARKUP = '<script>alert(1)</script><img src=x onerror="alert(2)">\'"&'


class Document(html.parser.HTMLParser):
    """Fails on what is not closed as it was opened; keeps what the tests ask for."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.links, self.problems = [], [], [], []
        self.tags, self.texts = {}, []
        self.feed(text)
        self.close()
        if self.open:
            self.problems.append('not closed: %s' % self.open)

    def handle_starttag(self, tag, attributes):
        self.handle_startendtag(tag, attributes)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        names = [name for name, _ in attributes]
        if len(set(names)) != len(names):
            self.problems.append('%s has an attribute twice: %s' % (tag, names))
        self.tags.setdefault(tag, []).append(dict(attributes))
        for name, value in attributes:
            if name == 'id':
                self.ids.append(value)
            if name in REFERENCES:
                self.links.append(value)
            if name.startswith('on'):
                self.problems.append('%s has %s' % (tag, name))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append('</%s> at %s closes something else' % (tag, self.getpos()))

    def handle_data(self, data):
        if self.open and self.open[-1] not in ('style', 'title') and data.strip():
            self.texts.append(' '.join(data.split()))

    def count(self, tag):
        return len(self.tags.get(tag, []))


def tables(text):
    """{caption: [[cell, ...], ...]}, the head first."""
    result = {}
    for table in re.findall(r'<table>.*?</table>', text, re.S):
        root = xml.etree.ElementTree.fromstring(table)
        caption = root.find('caption').text
        assert caption not in result, caption
        result[caption] = [[' '.join(' '.join(cell.itertext()).split()) for cell in row]
                           for row in root.iter('tr')]
    return result


class Base(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix='tileload-e2e-')
        self.addCleanup(temporary.cleanup)
        self.directory = temporary.name

    def write(self, result, name='results'):
        directory = os.path.join(self.directory, name)
        os.mkdir(directory)
        schema.validate(result, 'run')
        with open(os.path.join(directory, 'run.json'), 'w') as f:
            json.dump(result, f)
        return directory

    def report(self, directory, output='report.html', env=None):
        """(the document's text, what was said of what it lacks)"""
        path = os.path.join(self.directory, output)
        ended = run('report', '--format', 'html', '--output', path, directory, env=env)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        with open(path, encoding='utf-8') as f:
            return f.read(), ''.join(line + '\n' for line in
                                     (ended.stdout + ended.stderr).splitlines() if 'note:' in line)


class TheDocument(Base):
    def check(self, text):
        """What is true of every report."""
        document = Document(text)
        self.assertEqual(document.problems, [])
        self.assertEqual(len(set(document.ids)), len(document.ids), 'an id is there twice')
        for link in document.links:
            self.assertTrue(link.startswith('#') and link[1:] in document.ids, link)
        self.assertNotIn('script', document.tags)
        for tag in ('link', 'img', 'iframe', 'object', 'embed', 'image', 'form'):
            self.assertNotIn(tag, document.tags)
        style = text[text.index('<style>'):text.index('</style>')]
        self.assertNotRegex(style, r'url\(|@import|expression')
        self.assertEqual(document.count('h1'), 1)
        self.assertEqual(document.count('table'), document.count('caption'))
        self.assertEqual(document.count('figure'), document.count('figcaption'))
        for svg in document.tags.get('svg', []):
            self.assertEqual(svg['role'], 'img')
            self.assertGreater(len(svg['aria-label']), 40)
        for svg in re.findall(r'<svg.*?</svg>', text, re.S):
            xml.etree.ElementTree.fromstring(svg)
        for table in re.findall(r'<table>.*?</table>', text, re.S):
            widths = {len(re.findall(r'<t[hd][ >]', row))
                      for row in re.findall(r'<tr>.*?</tr>', table, re.S)}
            self.assertEqual(len(widths), 1, table[:300])
        return document

    def test_begins_with_the_answer(self):
        directory = self.write(sample_run.make([1, 2, 3], seconds=8))
        text, _ = self.report(directory)
        document = self.check(text)
        answer = run('report', '--format', 'text', directory).stdout.split('\n')[0]
        self.assertIn('3 tiles (24 guests) valid', answer)
        self.assertEqual(document.texts[0], answer.replace('+-', '±'))

    def test_every_plot_has_its_figures_in_a_table(self):
        result = sample_run.make([1, 2, 4], seconds=8)
        text, said = self.report(self.write(result))
        document = self.check(text)
        self.assertEqual(said, '')
        # throughput, response, roles, and each step from second to second
        self.assertEqual(document.count('svg'), 3 + 3)
        found = tables(text)
        rows = found['Throughput of all external clients together'][1:]
        self.assertEqual([row[0] for row in rows], ['1', '2', '4'])
        for row, step in zip(rows, result['steps']):
            self.assertAlmostEqual(float(row[2]), step['rate_per_s'],
                                   delta=step['rate_per_s'] * .006)
        rows = found['Response time of all external clients\' requests'][1:]
        for row, step in zip(rows, result['steps']):
            self.assertAlmostEqual(float(row[1]), step['response']['mean_ms'],
                                   delta=step['response']['mean_ms'] * .01)
            self.assertAlmostEqual(float(row[6]), step['response']['p99_ms'],
                                   delta=step['response']['p99_ms'] * .02)
        rows = found['Each tile of the step with 4 tiles'][1:]
        for row, tile in zip(rows, result['steps'][2]['tile_results']):
            self.assertAlmostEqual(float(row[1]), tile['rate_per_s'],
                                   delta=tile['rate_per_s'] * .006)
        self.assertEqual(len(found['The intervals of 4 tiles'][1:]), 8)
        head, *rows = found['Work of one guest (1/s), average over the tiles']
        self.assertEqual(head, ['tiles', 'external', 'web1', 'web2', 'client', 'backend', 'cpu',
                                'disk', 'oltp', 'idle'])
        guests = [t['guests'][6]['rate_per_s'] for t in result['steps'][1]['tile_results']]
        self.assertAlmostEqual(float(rows[1][7]), sum(guests) / 2, delta=1)

    def test_wide_numbers_do_not_push_labels_out_of_the_picture(self):
        result = sample_run.make([1], seconds=6)
        series = result['steps'][0]['tile_results'][0]['guests'][0]['series']
        series['work'] = [n * 2000 for n in series['work']]
        text, _ = self.report(self.write(result))
        picture = re.findall(r'<svg.*?</svg>', text, re.S)[-1]
        for words in ('>requests/s<', '>of a tile<', '>average<', '>response (ms)<', '>100000<'):
            self.assertIn(words, picture)

    def test_every_bar_is_within_the_picture(self):
        text, _ = self.report(self.write(sample_run.make([8, 16, 24], seconds=5)))
        picture = re.search(r'<svg.*?</svg>', text, re.S).group(0)
        widths = []
        for points in re.findall(r"<polygon[^>]* points\s*=\s*'([^']*)'", picture):
            x = [float(point.split(',')[0]) for point in points.split()]
            widths.append(max(x) - min(x))
        self.assertEqual(len(widths), 8 + 16 + 24)
        self.assertLess(max(widths) - min(widths), .1)

    def test_times_of_next_to_nothing(self):
        """An axis of powers of ten has an end even so."""
        result = sample_run.make([1], seconds=6)
        result['limits']['max_average_ms'] = 5e-324
        step = result['steps'][0]
        tile = step['tile_results'][0]
        for response in (step['response'], tile['response']):
            response.update((key, 5e-324) for key in response if key != 'count')
        series = tile['guests'][0]['series']
        series['mean_ms'] = [5e-324] * len(series['t_s'])
        text, said = self.report(self.write(result))
        self.assertEqual((self.check(text).count('svg'), said), (3, ''))

    def test_what_is_to_be_taken_with_care_is_one_list(self):
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'golden', 'report',
                               'sweep.json')) as f:
            result = json.load(f)
        result['steps'][0]['settling']['settled'] = False
        directory = self.write(result)
        document = self.check(self.report(directory)[0])
        self.assertEqual(document.texts.count('To be taken with care:'), 1)
        self.assertRegex(' '.join(document.texts),
                         r'To be taken with care: 1 tile: .*not every window had settled ')
        noisy = [line.strip().replace('+-', '±') for line in
                 run('report', '--format', 'text', directory).stdout.split('\n')
                 if re.match(r' +\d tiles: noisy, ', line)]
        self.assertTrue(noisy)
        for line in noisy:
            self.assertIn(line, document.texts)

    def test_the_command_can_be_copied(self):
        result = sample_run.make([1], seconds=5)
        result['manifest']['command_line'] = ['run', '--output', "it's 5 ms", '--tiles', '1']
        text, _ = self.report(self.write(result))
        self.assertIn('tileload run --output \'it\'\\\'\'s 5 ms\' --tiles 1',
                      self.check(text).texts)

    def test_one_step(self):
        text, _ = self.report(self.write(sample_run.make([1], seconds=5)))
        document = self.check(text)
        self.assertEqual(document.count('svg'), 3)
        self.assertIn('1 tile (8 guests) valid', document.texts[0])

    def test_repeats(self):
        text, _ = self.report(self.write(sample_run.make([1, 2], repeat=3, seconds=6)))
        self.check(text)
        found = tables(text)
        self.assertIn('The intervals of 2 tiles, repeat 3', found)
        self.assertEqual(len(found['Warm-up and window of each step'][1:]), 6)
        self.assertEqual(len(found['Throughput of all external clients together'][1:]), 2)

    def test_says_what_ended_it_and_why_tiles_were_not_valid(self):
        result = sample_run.make([1, 2, 3], seconds=6, capacity=115)
        self.assertEqual(result['ended_by']['kind'], 'invalid')
        text, _ = self.report(self.write(result))
        document = self.check(text)
        self.assertIn('ended by', document.texts[0])
        self.assertIn('host CPU 100 %', ' '.join(document.texts))
        rows = tables(text)['Every reason of every tile'][1:]
        wanted = [[str(s['tiles']), str(t['tile']), reason] for s in result['steps']
                  for t in s['tile_results'] for reason in t['reasons']]
        self.assertTrue(wanted)
        self.assertEqual(rows, wanted)
        settled = tables(text)['Warm-up and window of each step'][1:]
        self.assertEqual(settled[-1][4:], ['no', 'disk -8.7 % in 10 s'])

    def test_says_what_measuring_cost_and_other_hosts_used(self):
        result = sample_run.make([1, 2], seconds=6)
        result['resumed'] = ['2026-01-15T10:00:00.000Z']
        result['placement'] = {'mode': 'spread', 'path': None, 'memory_bound': True,
                               'guests': {'t1-web1': {'nodes': '0', 'cpus': '0-3'}}}
        result['steps'][1]['resources']['guest_hosts'] = [
            {'name': 'qemu+ssh://b/system', 'cpu_busy_percent': 71.3, 'memory_bytes': 8 << 30,
             'memory_available_bytes': None}]
        text, _ = self.report(self.write(result))
        self.check(text)
        found = tables(text)
        self.assertEqual(found['What the other hosts with guests used of themselves'][1:],
                         [['2', 'qemu+ssh://b/system', '71', '–', '8.00']])
        self.assertEqual(found['Cost of measuring in each window: measuring with its warm-up, '
                               'answering without'][2],
                         ['2', '0.055', '0.013', '0.115', '0.028', '6', '2.20', '7.80'])
        self.assertEqual(found['Placement: spread; memory bound to the nodes'][1:],
                         [['t1-web1', '0', '0-3']])
        self.assertIn('went on at 2026-01-15T10:00:00.000Z', text)

    def test_a_run_that_was_cut_off(self):
        result = sample_run.make([1, 2], seconds=6)
        result.update(complete=False, incomplete_reason='stopped by Ctrl-C', ended_by=None)
        result['steps'][1].update(valid=False, interrupted=True)
        result['valid_tiles'] = 1
        text, _ = self.report(self.write(result))
        document = self.check(text)
        self.assertIn('Not complete:', document.texts)
        self.assertIn('stopped by Ctrl-C', text)

    def test_a_run_that_was_cut_off_before_its_first_step_ended(self):
        result = sample_run.make([1], seconds=6)
        result.update(complete=False, incomplete_reason='stopped by Ctrl-C', ended_by=None,
                      valid_tiles=0, steps=[])
        text, _ = self.report(self.write(result))
        document = self.check(text)
        self.assertEqual(document.count('svg'), 0)
        self.assertIn('Options as they were in force', tables(text))

    def test_a_guest_without_figures(self):
        result = sample_run.make([1, 2], seconds=6)
        step = result['steps'][1]
        tile = step['tile_results'][1]
        guest = tile['guests'][6]
        keep = ('guest', 'name', 'role', 'url', 'restarted', 'polls', 'polls_answered', 'series',
                'console')
        tile['guests'][6] = dict({k: guest[k] for k in keep}, problem='does not answer')
        tile.update(valid=False, reasons=['disk does not answer'])
        step['valid'] = False
        result['valid_tiles'] = 1
        text, _ = self.report(self.write(result))
        self.check(text)
        self.assertIn('disk does not answer', text)

    def test_what_stands_in_the_file_is_never_markup(self):
        result = sample_run.make([1, 2], seconds=6, capacity=60)
        result['incomplete_reason'], result['complete'] = MARKUP, False
        result['notes'].append(MARKUP)
        result['profile'] = 'small'
        result['placement'] = {'mode': 'file', 'path': MARKUP,
                               'memory_bound': False,
                               'guests': {MARKUP: {'nodes': MARKUP, 'cpus': MARKUP}}}
        result['ended_by']['text'] = MARKUP
        manifest = result['manifest']
        manifest['command_line'].append(MARKUP)
        manifest['options']['output'] = manifest['tileload_version'] = manifest['started'] = MARKUP
        for key, value in manifest['host'].items():
            if isinstance(value, str):
                manifest['host'][key] = MARKUP
        manifest['host']['mitigations'][MARKUP] = MARKUP
        step = result['steps'][1]
        step['limits_reached'] = [{'resource': 'cpu', 'text': MARKUP}]
        step['settling'].update(settled=False, worst={'what': '<script>', 'change_percent': 9.0})
        step['started'] = '<script>'
        step['resources']['disks'][0]['name'] = step['resources']['networks'][1]['name'] = MARKUP
        for tile in step['tile_results']:
            tile['reasons'].append(MARKUP)
            for guest in tile['guests']:
                guest['name'], guest['role'] = '<script>', '<img src=x>'
                guest['config'][MARKUP] = MARKUP
                for counter in guest['counters'].values():
                    counter['unit'] = '</td><script>'
        directory = os.path.join(self.directory, 'results')
        os.mkdir(directory)
        with open(os.path.join(directory, 'run.json'), 'w') as f:
            json.dump(result, f)
        text, _ = self.report(directory)
        document = self.check(text)
        self.assertNotIn('<script', text)
        self.assertNotIn('<img', text)
        self.assertGreater(sum(MARKUP in t for t in document.texts), 10)
        policy = [meta['content'] for meta in document.tags['meta'] if 'http-equiv' in meta]
        self.assertIn("default-src 'none'", policy[0])

    def test_the_same_run_gives_the_same_document(self):
        directory = self.write(sample_run.make([1, 2], seconds=6))
        first, _ = self.report(directory, 'first.html')
        second, _ = self.report(directory, 'second.html')
        self.assertEqual(first, second)

    def test_without_gnuplot(self):
        directory = self.write(sample_run.make([1, 2], seconds=6))
        text, said = self.report(directory, env={'PATH': self.directory})
        document = self.check(text)
        self.assertEqual(document.count('svg'), 0)
        notes = [t for t in document.texts if t.startswith('No plot here: gnuplot')]
        self.assertEqual(len(notes), 4)  # throughput, response, guests, and one for all seconds
        self.assertIn('gnuplot-nox', notes[0])
        self.assertIn('gnuplot-nox', said)
        self.assertEqual(len(said.strip().split('\n')), 1)
        self.assertIn('Throughput of all external clients together', tables(text))

    def fake_gnuplot(self, script):
        path = os.path.join(self.directory, 'gnuplot')
        with open(path, 'w') as f:
            f.write('#!/bin/sh\n' + script)
        os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
        return {'PATH': self.directory + ':' + os.environ['PATH']}

    def test_a_gnuplot_that_fails(self):
        directory = self.write(sample_run.make([1, 2], seconds=6))
        for script, wanted in (
                ('printf "\\nplot\\n   ^\\nline 3: no <svg> here\\n" >&2; exit 1', 'no <svg> here'),
                ('echo nonsense', 'drew nothing'),
                ('echo "<svg></svg>"', 'not understood'),
                ('kill -9 $$', 'signal 9')):
            with self.subTest(script):
                env = self.fake_gnuplot(script)
                text, said = self.report(directory, env=env)
                document = self.check(text)
                self.assertEqual(document.count('svg'), 0)
                self.assertIn(wanted, ' '.join(document.texts))
                self.assertIn(wanted, said)

    def test_gnuplot_gets_nothing_but_the_script(self):
        """No startup file, no environment, no descriptor; and no text of the file."""
        directory = self.write(sample_run.make([1], seconds=6))
        seen = os.path.join(self.directory, 'seen')
        env = self.fake_gnuplot('{ echo "$@"; env; ls -l /proc/$$/fd; cat; } >>%s; exit 1' % seen)
        env['SECRET'] = 'a secret'
        self.report(directory, env=env)
        with open(seen) as f:
            text = f.read()
        self.assertNotIn('a secret', text)
        self.assertIn('-d\n', text)
        for word in ('nobody has measured', 'sample_run', 'http', 'system', '`', '!'):
            self.assertNotIn(word, text)
        self.assertIn('set terminal svg', text)


@unittest.skipUnless(browser.CHROMIUM and shutil.which('pdftotext'),
                     'needs chromium and pdftotext')
class InABrowser(Base):
    def setUp(self):
        super().setUp()
        self.results = self.write(sample_run.make([1, 2, 3, 4, 5], seconds=10, capacity=215))
        self.text, _ = self.report(self.results)
        self.path = os.path.join(self.directory, 'report.html')

    def test_asks_for_nothing_and_fits_every_window(self):
        for width in (1280, 760, 360):
            with self.subTest(width), browser.Browser(width) as page:
                asked = page.open(self.path)
                self.assertEqual(asked, ['file://' + self.path])
                self.assertEqual(page.evaluate('innerWidth'), width)
                self.assertEqual(page.evaluate('document.documentElement.scrollWidth'), width)
                # No heading of a column stands above its neighbour.
                self.assertEqual(page.evaluate(
                    '[...document.querySelectorAll("thead th")]'
                    '.filter(e => e.scrollWidth > e.clientWidth).map(e => e.textContent)'), [])
                # Whatever is wider scrolls in a box of its own.
                self.assertEqual(page.evaluate(
                    '[...document.querySelectorAll("h1, h2, p, figcaption, summary, dl")]'
                    '.filter(e => e.getBoundingClientRect().right > innerWidth).length'), 0)

    def test_short_cells_are_on_one_line(self):
        with browser.Browser() as page:
            page.open(self.path)
            heights = page.evaluate(
                '[...document.querySelectorAll("#end ~ .scroll tbody tr")]'
                '.map(e => e.getBoundingClientRect().height)')
            self.assertEqual(len(heights), 10)
            self.assertLess(max(heights), 1.3 * min(heights))

    def test_the_pictures_show_something(self):
        with browser.Browser() as page:
            page.open(self.path)
            width, height, colours = browser.pixels(page.screenshot())
            self.assertEqual((width, height), (1280, 900))
            white = colours.get((255, 255, 255), 0)
            self.assertGreater(white, width * height * .5)
            self.assertLess(white, width * height * .99)
            width, height, colours = browser.pixels(page.screenshot_of('#throughput ~ figure svg'))
            self.assertGreater(width, 600)
            # Every tile's colour, each as much as a tile's part of the bars.
            for colour, part in (((0x00, 0x72, 0xb2), 5), ((0xe6, 0x9f, 0x00), 4),
                                 ((0x00, 0x9e, 0x73), 3), ((0xcc, 0x79, 0xa7), 2),
                                 ((0x56, 0xb4, 0xe9), 1)):
                self.assertGreater(colours.get(colour, 0), width * height * .005 * part, colour)
            # The three lines.
            _, _, colours = browser.pixels(page.screenshot_of('#response ~ figure svg'))
            for colour in ((0x00, 0x72, 0xb2), (0xd5, 0x5e, 0x00), (0x00, 0x9e, 0x73)):
                self.assertGreater(colours.get(colour, 0), 100, colour)

    def test_is_read_out_in_words(self):
        with browser.Browser() as page:
            page.open(self.path)
            nodes = page.call('Accessibility.getFullAXTree')['nodes']
            roles = {}
            for node in nodes:
                if not node.get('ignored'):
                    roles.setdefault(node['role']['value'], []).append(
                        node.get('name', {}).get('value', ''))
            pictures = roles.get('image', []) + roles.get('img', [])
            self.assertEqual(len(pictures), self.text.count('<svg'))
            self.assertTrue(all(len(name) > 40 for name in pictures), pictures)
            self.assertIn('Response time', roles['heading'])
            self.assertIn('Contents', roles['navigation'])
            self.assertTrue(all(roles['table']), roles['table'])

    def test_prints_with_all_that_is_folded_on_screen(self):
        with browser.Browser() as page:
            page.open(self.path)
            self.assertFalse(page.evaluate(
                '[...document.querySelectorAll("details")].some(d => d.open)'))
            path = os.path.join(self.directory, 'report.pdf')
            with open(path, 'wb') as f:
                f.write(page.pdf())
        info = subprocess.run(['pdfinfo', path], capture_output=True, text=True, check=True).stdout
        self.assertRegex(info, r'Page size: .*A4')
        text = subprocess.run(['pdftotext', '-layout', path, '-'], capture_output=True, text=True,
                              check=True).stdout
        printed = text.split('\f')[:-1]
        self.assertEqual(len(printed), int(re.search(r'Pages: +(\d+)', info).group(1)))
        for page_text in printed:
            self.assertGreater(len(page_text.split()), 10, printed)
        self.assertIn('4 tiles (32 guests) valid', ' '.join(printed[0].split()))
        for words in ('clock source', 'Options as they were in force', 'Spectre'.lower(),
                      'Each tile of the step with 4 tiles', 'role webserver'):
            self.assertIn(words, text)
        # What would fill pages with seconds stays out of print, and is said to.
        self.assertNotIn('Every interval of', text)
        self.assertIn('run.json', text)


if __name__ == '__main__':
    main()
