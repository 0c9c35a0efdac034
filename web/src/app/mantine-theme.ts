import { Button, createTheme, Modal } from '@mantine/core'

/** Colours and faces are in `theme.css`; here is how the components behave. */
export const theme = createTheme({
  primaryColor: 'blue',
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: Button.extend({ defaultProps: { variant: 'filled' } }),
    Modal: Modal.extend({
      defaultProps: { yOffset: '12vh', closeButtonProps: { 'aria-label': 'Close' } },
    }),
  },
})
