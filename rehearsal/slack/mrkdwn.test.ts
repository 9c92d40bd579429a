import { htmlOfMrkdwn } from './mrkdwn.ts';

const html = (mrkdwn: string): string => htmlOfMrkdwn(mrkdwn, (id) => (id === 'U1' ? 'alice' : id));

test.each([
  ['*bold* and `code`', '<b>bold</b> and <code>code</code>'],
  ['a\nb', 'a<br>b'],
  ['```\nlog <x>\n```', '<pre>log &lt;x&gt;</pre>'],
  ['&lt;!channel&gt; &amp;amp;', '&lt;!channel&gt; &amp;amp;'],
  ['<!channel>', '<span class="everybody">@channel</span>'],
  ['<@U1>', '<span class="mention">@alice</span>'],
  ['<https://a.example/?b&amp;c|name>', '<a href="https://a.example/?b&amp;c" rel="noreferrer" target="_blank">name</a>'],
  ['<javascript:alert(1)|x>', 'javascript:alert(1)|x'],
  ['<!date^1795435201^{time}|2026-11-23 12:00:01 UTC>', '<time data-ms="1795435201000" data-format="{time}">2026-11-23 12:00:01 UTC</time>'],
  ['<img src=x onerror=alert(1)>', 'img src=x onerror=alert(1)'],
  ['"<b>', '&quot;b'],
])('%s becomes %s', (mrkdwn, expected) => {
  expect(html(mrkdwn)).toBe(expected);
});
