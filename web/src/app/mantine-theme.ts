import { createTheme, Modal, Tooltip } from '@mantine/core'

/** Colours and faces are in `theme.css`; here is how the components behave. */
export const theme = createTheme({
  primaryColor: 'blue',
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Modal: Modal.extend({ defaultProps: { centered: false, yOffset: '12vh' } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 300 } }),
  },
})
