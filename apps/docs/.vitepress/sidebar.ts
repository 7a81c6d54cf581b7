import type { DefaultTheme } from 'vitepress';

const page = (text: string, link: string): DefaultTheme.SidebarItem => ({ text, link });

/** The pages beside each page, by the folder that it is in. A new page is a line here. */
export const sidebar: DefaultTheme.SidebarMulti = {
  '/guides/': [{ text: 'Guides', items: [page('First agent in five minutes', '/guides/first-agent')] }],
  '/course/': [{ text: 'Course', items: [page('How to read it', '/course/')] }],
  '/algorithms/': [{ text: 'Algorithms', items: [page('Which one?', '/algorithms/')] }],
};
